"""Addresses of the residents pages. No number of a person ever stands in one."""

from django.urls import path

from yigongti.domains.base.residents.web import finding, guardianship, registering, sameness

app_name = "residents"
prefix = "residents/"

urlpatterns = [
    path("", finding.find, name="search"),
    path("scan/", finding.scan, name="scan"),
    path("<int:pk>/barcode/", finding.barcode, name="barcode"),
    path("new/", registering.person, name="register"),
    path("new/unknown/", registering.unknown, name="register_unknown"),
    path("<int:pk>/newborn/", registering.newborn, name="register_newborn"),
    path("<int:pk>/guardianship/", guardianship.relations, name="guardianship"),
    path("<int:pk>/guardianship/new/", guardianship.new, name="new_guardianship"),
    path("<int:pk>/guardianship/<int:guardianship_id>/end/", guardianship.end, name="end_guardianship"),
    path("reviews/", sameness.reviews, name="reviews"),
    path("reviews/<int:pk>/", sameness.review, name="review"),
    path("compare/<int:one>/<int:other>/", sameness.compare, name="compare"),
    path("merges/", sameness.merges, name="merges"),
    path("merges/<int:pk>/undo/", sameness.undo_merge, name="undo"),
]
