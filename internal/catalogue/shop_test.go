package catalogue_test

// shop is a catalogue that uses every field once.
const shop = `version: 1
time_zone: Europe/Berlin

parties:
  - {name: retail, title: Retail division, role: customer, contacts: [{name: A. Kim, email: kim@example.com}]}
  - {name: platform, title: Platform team, role: internal}
  - {name: paycorp, title: PayCorp Ltd, role: supplier}

calendars:
  - name: office-hours
    time_zone: Europe/Berlin
    hours: {mon-fri: ["08:00-12:00", "13:00-18:00"], sat: ["09:00-13:00"]}
    holidays: [2026-12-25, 2026-12-26]
    special: [{date: 2026-12-24, hours: ["08:00-12:00"]}]

services:
  - name: checkout
    title: Checkout
    description: "Customers pay: for their basket."
    status: live
    owner: platform
    business_owner: retail
    priority: 1
    depends_on: [payments, baskets]
    labels: {team: payments}
    levels: [{name: gold, target: 99.95%, charge: 20000 EUR}, {name: silver, target: 99.9%, charge: 12000 EUR}]
  - {name: payments, title: Payment gateway, status: live, owner: paycorp}
  - {name: baskets, title: Basket store, status: live, owner: platform}

indicators:
  - name: checkout-requests
    service: checkout
    source: main
    interval: 1m
    schedule: "* * * * *"
    ratio:
      total: http_requests_total{job="checkout"}
      bad: http_requests_total{job="checkout",code=~"5.."}
  - name: checkout-fast
    service: checkout
    latency: {histogram: 'http_request_duration_seconds{job="checkout"}', within: 300ms}
  - {name: checkout-mean, service: checkout, mean: {sum: 'http_request_duration_seconds_sum{job="checkout"}', count: 'http_request_duration_seconds_count{job="checkout"}'}}
  - {name: checkout-csat, service: checkout, entries: {as: mean, unit: points}}
  - {name: checkout-queue, service: checkout, samples: {metric: queue_length, at_most: 1.50}}
  - {name: checkout-errors, service: checkout, query: {query: 'sum(rate(errors_total[$interval]))', below: 0.1}}
  - name: payments-up
    service: payments
    time: {metric: 'probe_success{service="payments"}', combine: any}
  - name: baskets-up
    service: baskets
    time: {metric: 'up{job="baskets"}', combine: at_least 2}

agreements:
  - name: checkout-sla
    kind: SLA
    title: Checkout for Retail
    service: checkout
    provider: platform
    customer: retail
    valid: {from: 2026-01-01, until: 2027-01-01}
    calendar: always
    time_zone: Europe/Berlin
    period: month
    planned: removed
    unknown: removed
    charge: 12000.00 EUR
    review_every: 12 months
    relies_on: [payments-uc, {any_of: [baskets-ola, baskets-standby-ola]}]
    reason: The supplier keeps more than it promises.
    objectives:
      - name: availability
        indicator: checkout-requests
        target: 99.9%
        severity: critical
        at_risk: 25%
        alerts: {burn: on, min_bad: 5, labels: {team: payments}}
        limits: {longest_outage: 30m, outages: 3}
        credits:
          - {below: 99.9%, credit: 10%}
          - {below: 99.0%, at_least: 95.0%, credit: 25%}
          - {below: 95.0%, credit: 100%}
        credit_cap: 100%
        credit_minimum: 1.00 EUR
        credit_precision: 2
        merge_gap: 5m
        min_events: 0
      - name: bad-minutes
        indicator: checkout-requests
        target: 99.95%
        method: timeslices
        slices: {length: 1m, bad_above: 5%, min_run: 5m, empty: skipped}
      - {name: speed, indicator: checkout-fast, target: 95%}
      - {name: mean-response, indicator: checkout-mean, at_most: 0.25}
      - {name: satisfaction, indicator: checkout-csat, at_least: 4.2, credits: [{below: 4.0, credit: 50.00 EUR}]}
  - name: payments-uc
    kind: UC
    service: payments
    provider: paycorp
    customer: platform
    valid: {from: 2026-01-01}
    period: month
    objectives: [{name: availability, indicator: payments-up, target: 99.95%}]
  - &ola
    name: baskets-ola
    kind: OLA
    service: baskets
    provider: platform
    customer: platform
    valid: {from: 2026-01-01}
    period: {rolling: 30d}
    objectives: [{name: availability, indicator: baskets-up, target: 99.5%, credits: [{per: 30m, credit: 5%}]}]
  - <<: *ola
    name: baskets-standby-ola

exclusions:
  - name: db-upgrade-2026-03
    services: [checkout]
    category: maintenance
    reason: Database upgrade
    from: 2026-03-07T22:00:00+01:00
    to: 2026-03-08T00:00:00+01:00
    approved_by: kim@example.com
    approved_on: 2026-02-20
  - {name: sunday-night, services: [baskets], category: maintenance, reason: Weekly patching,
     every: {cron: "0 2 * * SUN", lasts: 2h}, valid: {from: 2026-01-01}, approved_by: kim@example.com, approved_on: 2025-12-15}
`
