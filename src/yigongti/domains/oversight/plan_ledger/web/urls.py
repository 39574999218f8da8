from django.urls import path

from yigongti.domains.oversight.plan_ledger.web import plan, policy

app_name = "plan_ledger"
prefix = ""
urlpatterns = [
    path("plan/", plan.clauses, name="clauses"),
    path("plan/<slug:place>/", plan.clauses, name="clauses_of"),
    path("plan/<slug:place>/<str:number>/", plan.clause, name="clause"),
    path("policy/", policy.parameters, name="parameters"),
    path("policy/<slug:place>/", policy.parameters, name="parameters_of"),
    path("policy/<slug:place>/<str:name>/", policy.parameter, name="parameter"),
]
