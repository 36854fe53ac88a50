package telemetry

import (
	"io"
	"strconv"
	"time"

	"github.com/slmd/slmd/internal/sla"
)

// Build says which program this is.
type Build struct{ Version, Revision, GoVersion string }

// Readings are numbers that others keep and the page reads when it is written.
// Each may be nil: then its family is left out.
type Readings struct {
	// RoundLag gives how far the furthest cursor is behind.
	RoundLag func() sla.Millis
	// IntervalsPending gives how many intervals are due and not yet measured.
	IntervalsPending func() int64
	// StorageSizes gives the sizes of the files of the store in bytes, by their names.
	StorageSizes func() map[string]int64
	// StorageWritable reports whether the last write to the store succeeded.
	StorageWritable func() bool
	// AuditHead gives the number of the newest row of the audit log.
	AuditHead func() int64
}

// Recorder counts what the daemon does. Its methods may be called from any
// goroutine; durations are measured by the caller.
type Recorder struct {
	readings Readings

	buildInfo, reloadOK                     *own
	rounds, roundDuration                   *own
	roundLag, pending, intervals            *own
	sourceUp, sourceRequests, sourceSeconds *own
	samples, rejected                       *own
	revised, reconciled                     *own
	sent, failed, dropped                   *own
	firing, reports                         *own
	storageSize, storageSeconds, auditHead  *own
	storageWritable                         *own
	requests                                *own
	mails, mailsWaiting, pushes             *own

	all []*own // in the order of the page
}

// NewRecorder gives a recorder on which everything is zero.
func NewRecorder(build Build, readings Readings) *Recorder {
	r := &Recorder{readings: readings}
	r.define()
	r.buildInfo.gauge("version", build.Version, "revision", build.Revision, "goversion", build.GoVersion).Set(1)
	for _, result := range []string{"ok", "failed", "skipped"} {
		r.rounds.counter("result", result)
	}
	r.roundDuration.histogram()
	r.intervals.counter()
	r.storageSeconds.histogram()
	r.requests.counter("handler", "GET /metrics", "code", "200") // a rate wants a beginning
	for _, result := range []string{"sent", "retried", "given_up"} {
		r.mails.counter("result", result)
	}
	for _, result := range []string{"ok", "failed"} {
		r.pushes.counter("result", result)
	}
	r.MailsWaiting(0)
	r.AlertsFiring(nil)
	return r
}

// define lists the families, sorted by name.
func (r *Recorder) define() {
	add := func(kind, name, help string) *own {
		f := newOwn(kind, name, help)
		r.all = append(r.all, f)
		return f
	}
	r.firing = add("gauge", "slmd_alerts_firing", "Alerts that hold, by name.")
	r.auditHead = add("gauge", "slmd_audit_head", "Sequence number of the newest row of the audit log.")
	r.buildInfo = add("gauge", "slmd_build_info", "The program that runs; always 1.")
	r.reloadOK = add("gauge", "slmd_config_last_reload_successful", "1 when the configuration was read without an error the last time.")
	r.requests = add("counter", "slmd_http_requests_total", "HTTP requests answered, by route and status.")
	r.intervals = add("counter", "slmd_intervals_measured_total", "Intervals of indicators written to the ledger.")
	r.pending = add("gauge", "slmd_intervals_pending", "Intervals of indicators that are due and not yet measured.")
	r.mails = add("counter", "slmd_mails_total", "Attempts to send a mail, by result.")
	r.mailsWaiting = add("gauge", "slmd_mails_waiting", "Mails that are still to be sent.")
	r.pushes = add("counter", "slmd_metrics_pushes_total", "Pushes of the metrics, by result.")
	r.dropped = add("counter", "slmd_notifications_dropped_total", "Alerts left out because there were more than the queue takes.")
	r.failed = add("counter", "slmd_notifications_failed_total", "Alerts that an Alertmanager refused or that could not be brought to it.")
	r.sent = add("counter", "slmd_notifications_sent_total", "Alerts that an Alertmanager took.")
	r.reconciled = add("gauge", "slmd_reconciled_timestamp_seconds", "When the last days of a source had been read once more; 0 before the first time.")
	r.reports = add("counter", "slmd_reports_issued_total", "Reports issued, by format and result.")
	r.revised = add("counter", "slmd_revisions_total", "Facts that stand in for others, by cause.")
	r.roundDuration = add("histogram", "slmd_round_duration_seconds", "How long rounds took.")
	r.roundLag = add("gauge", "slmd_round_lag_seconds", "How far the furthest cursor is behind.")
	r.rounds = add("counter", "slmd_rounds_total", "Rounds, by result.")
	r.rejected = add("counter", "slmd_samples_rejected_total", "Samples that were not used, by reason.")
	r.sourceSeconds = add("histogram", "slmd_source_request_duration_seconds", "How long requests to a source took.")
	r.sourceRequests = add("counter", "slmd_source_requests_total", "Requests to a source, by kind and result.")
	r.samples = add("counter", "slmd_source_samples_total", "Samples read from a source.")
	r.sourceUp = add("gauge", "slmd_source_up", "1 when the last request to the source was answered.")
	r.storageSize = add("gauge", "slmd_storage_size_bytes", "Size of the files of the store.")
	r.storageSeconds = add("histogram", "slmd_storage_transaction_duration_seconds", "How long writing transactions took.")
	r.storageWritable = add("gauge", "slmd_storage_writable", "1 when the last write to the store succeeded.")
}

// RoundDone counts a round that ended, and how long it took; result is "ok" or "failed".
func (r *Recorder) RoundDone(result string, took time.Duration) {
	r.rounds.counter("result", result).Inc()
	r.roundDuration.histogram().Update(took.Seconds())
}

// RoundSkipped counts a wake-up that was left out because a round still ran.
func (r *Recorder) RoundSkipped() { r.rounds.counter("result", "skipped").Inc() }

// IntervalsMeasured counts intervals written to the ledger.
func (r *Recorder) IntervalsMeasured(n int) { r.intervals.counter().Add(n) }

// Revised counts facts that stand in for others; cause is one of the program's own words.
func (r *Recorder) Revised(cause string, n int) { r.revised.counter("cause", cause).Add(n) }

// Reconciles makes the time of a source's last reconciliation exist, as zero.
func (r *Recorder) Reconciles(source string) { r.reconciled.gauge("source", source) }

// Reconciled says when the last days of a source had been read once more.
func (r *Recorder) Reconciled(source string, at sla.Instant) {
	r.reconciled.gauge("source", source).Set(float64(at) / 1000)
}

// Reloaded says whether the configuration was read without an error, at start or later.
func (r *Recorder) Reloaded(ok bool) { r.reloadOK.gauge().Set(flag(ok)) }

// SourceUp says whether the last request to a source was answered.
func (r *Recorder) SourceUp(source string, up bool) {
	r.sourceUp.gauge("source", source).Set(flag(up))
	r.samples.counter("source", source) // exists from here on, as zero
}

// SourceRequest counts a request to a source: the kind of request, its result,
// and how long it took.
func (r *Recorder) SourceRequest(source, kind, result string, took time.Duration) {
	r.sourceRequests.counter("source", source, "kind", kind, "result", result).Inc()
	r.sourceSeconds.histogram("source", source).Update(took.Seconds())
}

// Samples counts samples read from a source.
func (r *Recorder) Samples(source string, n int) { r.samples.counter("source", source).Add(n) }

// Rejected counts samples that were not used; reason is one of the program's own words.
func (r *Recorder) Rejected(reason string, n int) { r.rejected.counter("reason", reason).Add(n) }

// NotificationsSent counts alerts that an Alertmanager took.
func (r *Recorder) NotificationsSent(alertmanager string, n int) {
	r.sent.counter("alertmanager", alertmanager).Add(n)
}

// NotificationsFailed counts alerts that were refused or not delivered.
func (r *Recorder) NotificationsFailed(alertmanager string, n int) {
	r.failed.counter("alertmanager", alertmanager).Add(n)
}

// NotificationsDropped counts alerts that the queue did not take.
func (r *Recorder) NotificationsDropped(alertmanager string, n int) {
	r.dropped.counter("alertmanager", alertmanager).Add(n)
}

// Alertmanager makes the counters of an instance exist, as zero.
func (r *Recorder) Alertmanager(name string) {
	for _, f := range []*own{r.sent, r.failed, r.dropped} {
		f.counter("alertmanager", name)
	}
}

// AlertsFiring says how many alerts hold, by name; names that are missing hold none.
func (r *Recorder) AlertsFiring(firing map[string]int) {
	for _, name := range []string{
		sla.AlertBurn, sla.AlertAtRisk, sla.AlertBreached, sla.AlertDataMissing,
		sla.AlertMisconfigured, sla.AlertExpiring, sla.AlertReviewOverdue, sla.AlertStorage,
	} {
		r.firing.gauge("alertname", name).Set(float64(firing[name]))
	}
}

// MailTried counts an attempt to send a mail; result is "sent", "retried" or "given_up".
func (r *Recorder) MailTried(result string) { r.mails.counter("result", result).Inc() }

// MailsWaiting says how many mails are still to be sent.
func (r *Recorder) MailsWaiting(n int) { r.mailsWaiting.gauge().Set(float64(n)) }

// MetricsPushed counts a push of the metrics.
func (r *Recorder) MetricsPushed(ok bool) {
	result := "ok"
	if !ok {
		result = "failed"
	}
	r.pushes.counter("result", result).Inc()
}

// ReportIssued counts a report that was, or could not be, issued; result is "ok" or "failed".
func (r *Recorder) ReportIssued(format, result string) {
	r.reports.counter("format", format, "result", result).Inc()
}

// StorageTx counts a writing transaction.
func (r *Recorder) StorageTx(took time.Duration) { r.storageSeconds.histogram().Update(took.Seconds()) }

// request counts an HTTP request that was answered.
func (r *Recorder) request(handler string, code int) {
	r.requests.counter("handler", handler, "code", strconv.Itoa(code)).Inc()
}

// write writes all families that have a series.
func (r *Recorder) write(w io.Writer) error {
	r.read()
	for _, f := range r.all {
		if err := f.write(w); err != nil {
			return err
		}
	}
	return nil
}

// read takes up the readings.
func (r *Recorder) read() {
	if f := r.readings.RoundLag; f != nil {
		r.roundLag.gauge().Set(f().Duration().Seconds())
	}
	if f := r.readings.IntervalsPending; f != nil {
		r.pending.gauge().Set(float64(f()))
	}
	if f := r.readings.StorageWritable; f != nil {
		r.storageWritable.gauge().Set(flag(f()))
	}
	if f := r.readings.AuditHead; f != nil {
		r.auditHead.gauge().Set(float64(f()))
	}
	if f := r.readings.StorageSizes; f != nil {
		for file, size := range f() {
			r.storageSize.gauge("file", file).Set(float64(size))
		}
	}
}
