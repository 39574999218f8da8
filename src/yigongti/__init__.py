"""Yigongti (医共体): the platform that runs a tight-knit health consortium."""
