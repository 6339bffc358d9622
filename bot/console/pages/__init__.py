"""The console's pages, a module a subject; importing them registers their views."""

from __future__ import annotations

from bot.console.gate import views as views
from bot.console.pages import audit_log as audit_log
from bot.console.pages import calendar as calendar
from bot.console.pages import campaign_forms as campaign_forms
from bot.console.pages import campaigns as campaigns
from bot.console.pages import chat as chat
from bot.console.pages import contents as contents
from bot.console.pages import coupons as coupons
from bot.console.pages import followers as followers
from bot.console.pages import home as home
from bot.console.pages import house_accounts as house_accounts
from bot.console.pages import house_jobs as house_jobs
from bot.console.pages import inbox as inbox
from bot.console.pages import journey_forms as journey_forms
from bot.console.pages import journeys as journeys
from bot.console.pages import members as members
from bot.console.pages import myself as myself
from bot.console.pages import reports as reports
from bot.console.pages import rule_try as rule_try
from bot.console.pages import rules as rules
from bot.console.pages import segment_forms as segment_forms
from bot.console.pages import segments as segments
from bot.console.pages import sign as sign
from bot.console.pages import unanswered as unanswered
from bot.console.pages import work as work
