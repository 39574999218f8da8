"""Addresses of the referral pages."""

from django.urls import path

from yigongti.domains.care.referrals.web import catalogues, certificates, figures, lists, new, referral

app_name = "referrals"
prefix = "referrals/"

urlpatterns = [
    path("", lists.listing, name="list"),
    path("lists/<slug:part>/", lists.listing, name="part"),
    path("new/", new.new, name="new"),
    path("belongs/", new.belongs, name="belongs"),
    path("figures/", figures.figures_page, name="figures"),
    path("<int:pk>/", referral.referral, name="referral"),
    path("<int:pk>/accept/", referral.accept, name="accept"),
    path("catalogue/", catalogues.catalogue_page, name="catalogue"),
    path("catalogue/editions/", catalogues.editions, name="editions"),
    path("catalogue/editions/<int:pk>/", catalogues.edition, name="edition"),
    path("catalogue/import/", catalogues.import_page, name="import"),
    path("catalogue/template/", catalogues.template, name="template"),
    path("certificates/", certificates.listing, name="certificates"),
    path("certificates/<int:pk>/", certificates.certificate, name="certificate"),
    path("certificates/<int:pk>/pdf/", certificates.pdf, name="certificate_pdf"),
    path("certificates/check/<str:token>/", certificates.check, name="check"),
]
