"""Addresses of the organisation pages."""

from django.urls import path

from yigongti.domains.base.organisation.web import alliances, cases, directory, documents

app_name = "organisation"
prefix = "organisation/"

urlpatterns = [
    path("", directory.tree, name="tree"),
    path("<int:pk>/", directory.organisation, name="organisation"),
    path("<int:pk>/edit/", directory.edit, name="edit"),
    path("<int:pk>/enter/", directory.enter, name="enter"),
    path("<int:pk>/move/", directory.move, name="move"),
    path("<int:pk>/history/", directory.history, name="history"),
    path("<int:pk>/documents/", documents.documents, name="documents"),
    path("<int:pk>/documents/new/", documents.new, name="new_document"),
    path("documents/<int:pk>/", documents.document, name="document"),
    path("documents/<int:pk>/new-version/", documents.new_version, name="new_version"),
    path("documents/<int:pk>/compare/", documents.compare, name="compare"),
    path("documents/<int:pk>/<int:number>/file/", documents.file, name="file"),
    path("alliances/", alliances.alliances, name="alliances"),
    path("alliances/<int:pk>/", alliances.alliance, name="alliance"),
    path("alliances/members/<int:pk>/drop-out/", alliances.drop_out, name="drop_out"),
    path("cases/", cases.listing, name="cases"),
    path("cases/joining/new/", cases.new_joining, name="new_joining"),
    path("cases/leaving/new/", cases.new_leaving, name="new_leaving"),
    path("cases/joining/<int:pk>/", cases.joining, name="joining"),
    path("cases/leaving/<int:pk>/", cases.leaving, name="leaving"),
]
