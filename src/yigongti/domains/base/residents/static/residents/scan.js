// Camera scanning where the browser can read QR codes itself (Chrome on Android, most kiosks); no library, nothing sent.
// Everywhere else the button stays hidden and the field takes what a hand scanner types.
(async () => {
  const button = document.querySelector("[data-camera]");
  const view = document.querySelector("[data-camera-view]");
  const field = document.querySelector("[data-scan]");
  if (!button || !field || !("BarcodeDetector" in window) || !navigator.mediaDevices) return;
  if (!(await BarcodeDetector.getSupportedFormats()).includes("qr_code")) return;
  button.hidden = false;
  let stream = null;
  const stop = () => {
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    view.hidden = true;
  };
  button.addEventListener("click", async () => {
    if (stream) return stop();
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch {
      button.hidden = true; // no camera, or not allowed: the field is still there
      field.focus();
      return;
    }
    view.srcObject = stream;
    view.hidden = false;
    await view.play();
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    const look = async () => {
      if (!stream) return;
      const [found] = await detector.detect(view).catch(() => []);
      if (!found) return void setTimeout(look, 200);
      stop();
      field.value = found.rawValue;
      field.form.requestSubmit();
    };
    look();
  });
  addEventListener("pagehide", stop);
})();
