"""Tests of subscriptions: names of events, compiled criteria, and what a change is to a subscription."""
