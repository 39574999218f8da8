import pytest
from django.test import Client
from django.urls import reverse

pytestmark = pytest.mark.django_db


def test_pages_are_chinese_whatever_the_browser_prefers_and_english_by_the_switch():
    client = Client(headers={"accept-language": "en-US,en;q=0.9"})
    page = reverse("access:sign_in")
    assert "密码" in client.get(page).content.decode()
    client.post(reverse("set_language"), {"language": "en"})
    english = client.get(page).content.decode()
    assert "Password" in english and "密码" not in english
