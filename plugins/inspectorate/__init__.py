"""Quarterly inspection of a city's government sites and official accounts. 政府网站与政务新媒体季度巡查"""
