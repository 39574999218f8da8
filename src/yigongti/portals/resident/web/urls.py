"""Addresses of the residents' pages. ``person`` is an entry of the index; no number of a person ever stands in one."""

from django.urls import path

from yigongti.portals.resident.web import appointments, enquiries, pages, record, referrals, signing_in

app_name = "resident"
prefix = "resident/"

urlpatterns = [
    path("", pages.start, name="start"),
    path("sign-in/", signing_in.sign_in, name="sign_in"),
    path("sign-in/code/", signing_in.code, name="code"),
    path("sign-in/who/", signing_in.choose, name="choose"),
    path("sign-out/", signing_in.sign_out, name="sign_out"),
    path("developer/", signing_in.developer, name="developer"),
    path("<int:person>/", pages.home, name="home"),
    path("<int:person>/more/", pages.more, name="more"),
    path("<int:person>/notices/", pages.notices_page, name="notices"),
    path("<int:person>/notices/<int:pk>/", pages.open_notice, name="open_notice"),
    path("<int:person>/barcode/", pages.barcode, name="barcode"),
    path("<int:person>/barcode/code/", pages.barcode_code, name="barcode_code"),
    path("<int:person>/family/", pages.family, name="family"),
    path("<int:person>/family/<int:pk>/end/", pages.end_acting, name="end_acting"),
    path("<int:person>/record/", record.record, name="record"),
    path("<int:person>/looked/", record.looked, name="looked"),
    path("<int:person>/appointments/", appointments.mine, name="appointments"),
    path("<int:person>/appointments/book/", appointments.book, name="book"),
    path("<int:person>/appointments/<int:pk>/", appointments.appointment, name="appointment"),
    path("<int:person>/appointments/<int:pk>/cancel/", appointments.cancel, name="cancel"),
    path("<int:person>/appointments/<int:pk>/change/", appointments.change, name="change"),
    path("<int:person>/referrals/", referrals.mine, name="referrals"),
    path("<int:person>/referrals/<int:pk>/", referrals.referral, name="referral"),
    path("<int:person>/enquiries/", enquiries.mine, name="enquiries"),
    path("<int:person>/enquiries/ask/", enquiries.ask, name="ask"),
    path("<int:person>/enquiries/<int:pk>/", enquiries.enquiry, name="enquiry"),
]
