{% extends "ui/base.html" %}
{% block title %}{% translate "${label}" %}{% endblock %}
{% block content %}
<c-page-header title="{% translate '${label}' %}" />
<c-listing :listing="listing">{% translate "还没有内容" %}</c-listing>
{% endblock %}
