from django.urls import path

from yigongti.domains.care.enquiries.web import views

app_name = "enquiries"

urlpatterns = [
    path("", views.listing, name="list"),
    path("figures/", views.figures, name="figures"),
    path("<int:pk>/", views.enquiry, name="enquiry"),
]
