package measure

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/slmd/slmd/internal/sla"
)

// scene is one thing that makes measuring hard, made up scrape by scrape under a
// job of its own, and beside it what could be observed of it, minute by minute.
type scene struct {
	h     *history
	job   string
	r     *rand.Rand
	truth map[string]map[sla.Instant]*sla.Entry // by indicator and minute
	inds  []*sla.Indicator
	// Of flaps: how often the target or the looking at it changed, and how long it
	// was down while it was looked at.
	edges int
	down  sla.Millis
}

// sceneHours is how long every scene lasts after its baseline.
const sceneHours = 3

const sceneEnd = start + sla.Instant(sceneHours*sla.Hour)

// scenes by the name of their job.
var scenes = map[string]func(*scene){
	"steady":         func(s *scene) { s.pods(events{}) },
	"low-traffic":    func(s *scene) { s.pods(events{quiet: true}) },
	"deploy-nonzero": func(s *scene) { s.pods(events{deploy: 40 * sla.Minute, warm: true}) },
	"deploy-zero":    func(s *scene) { s.pods(events{deploy: 40 * sla.Minute}) },
	"resets":         func(s *scene) { s.pods(events{reset: 25 * sla.Minute}) },
	"gaps":           func(s *scene) { s.pods(events{gaps: true}) },
	"deploy-in-gap":  func(s *scene) { s.pods(events{gaps: true, deploy: 51 * sla.Minute, warm: true}) },
	"bursts":         func(s *scene) { s.pods(events{bursts: true}) },
	"renamed":        func(s *scene) { s.pods(events{rename: 65 * sla.Minute}) },
	"dropped":        func(s *scene) { s.pods(events{drop: true}) },
	"flaps":          (*scene).flaps,
	"gauges":         (*scene).gauges,
}

// events is what happens to the pods of a scene.
type events struct {
	deploy, reset, rename sla.Millis // how often
	warm                  bool       // after a deploy the first scrape shows events already
	quiet                 bool       // hardly any events
	bursts                bool       // errors for half a minute now and then
	gaps                  bool       // nobody scrapes for 1 to 30 minutes
	drop                  bool       // relabelling drops the errors of a pod for a while
}

// gapAt reports whether nobody scrapes in the minute.
func gapAt(minute sla.Millis) bool {
	for _, g := range [][2]sla.Millis{{20, 21}, {35, 37}, {50, 55}, {70, 80}, {100, 130}, {140, 141}} {
		if minute >= g[0] && minute < g[1] {
			return true
		}
	}
	return false
}

// process is one scraped process: what it counted, and what of it was seen.
type process struct {
	instance       string
	ok, bad, fast  int64
	sOK, sBad, sFa int64
}

// begin gives a process what it counted before it was scraped for the first time.
func (p *process) begin(r *rand.Rand, w events, deploy int) {
	switch {
	case w.drop:
		p.bad = 100_000 // a small counter that comes back is taken for a new one
	case w.gaps:
		p.bad = 1 // an error first seen after a gap may be of any time
	}
	if w.warm && deploy > 1 {
		p.live(r, w, 0)
	}
}

func (p *process) live(r *rand.Rand, w events, since sla.Millis) {
	ok := r.Int64N(12)
	if w.quiet {
		ok = max(0, r.Int64N(60)-58)
	}
	p.ok, p.fast = p.ok+ok, p.fast+r.Int64N(ok+1)
	burst := w.bursts && since > 0 && since%(17*sla.Minute) < 30*sla.Second
	if burst || !w.bursts && since > 45*sla.Minute && r.IntN(50) == 0 {
		p.bad += 1 + r.Int64N(4)
	}
}

// pods makes up two processes whose total, errors and latency are indicators.
func (s *scene) pods(w events) {
	s.eventIndicators()
	var pods []*process
	n := 0
	for t := start.Add(-baseline); t < sceneEnd.Add(sla.Minute); t = t.Add(scrape) {
		since := t.Sub(start)
		if len(pods) == 0 || w.deploy > 0 && since > 0 && since%w.deploy == 0 {
			n++
			pods = []*process{{instance: fmt.Sprint("a-", n)}, {instance: fmt.Sprint("b-", n)}}
			for _, p := range pods {
				p.begin(s.r, w, n)
			}
		}
		if w.reset > 0 && since > 0 && since%w.reset == 0 {
			pods[0] = &process{instance: pods[0].instance}
		}
		if w.rename > 0 && since > 0 && since%w.rename == 0 {
			pods[0].instance += "x"
			// What it counted under its old name was seen; what it counts until it
			// is seen under the new one cannot be told from that.
			s.lose(pods[0])
		}
		gap := w.gaps && gapAt(floor(t, sla.Minute).Sub(start)/sla.Minute)
		for i, p := range pods {
			if w.deploy == 0 && w.rename == 0 || since%max(w.deploy, w.rename) != 0 {
				p.live(s.r, w, since)
			}
			if !gap {
				s.scraped(p, t, w.drop && i == 0 && since > 100*sla.Minute && since%(20*sla.Minute) < 4*sla.Minute)
			}
		}
	}
}

// lose takes what a process counted so far as seen.
func (s *scene) lose(p *process) { p.sOK, p.sBad, p.sFa = p.ok, p.bad, p.fast }

// scraped puts what a scrape shows and books what it shows for the first time.
func (s *scene) scraped(p *process, t sla.Instant, dropped bool) {
	target := fmt.Sprintf(`job=%q,instance=%q`, s.job, p.instance)
	s.h.put(`up{`+target+`}`, t, 1)
	s.h.put(`events_total{`+target+`,code="200"}`, t, p.ok)
	s.h.put(`took_bucket{`+target+`,le="0.3"}`, t, p.fast)
	s.h.put(`took_bucket{`+target+`,le="+Inf"}`, t, p.ok)
	requests, speed := s.at("requests", t), s.at("speed", t)
	requests.Good = requests.Good.Add(sla.Whole(p.ok - p.sOK))
	speed.Good = speed.Good.Add(sla.Whole(p.fast - p.sFa))
	speed.Bad = speed.Bad.Add(sla.Whole(p.ok - p.sOK - (p.fast - p.sFa)))
	requests.Unknown, speed.Unknown = 0, 0
	p.sOK, p.sFa = p.ok, p.fast
	if p.bad > 0 && !dropped { // the series of errors is born with the first one
		s.h.put(`events_total{`+target+`,code="500"}`, t, p.bad)
		requests.Bad = requests.Bad.Add(sla.Whole(p.bad - p.sBad))
		p.sBad = p.bad
	}
}

// at gives the truth of an indicator in the minute of t: unknown until
// something is seen.
func (s *scene) at(indicator string, t sla.Instant) *sla.Entry {
	name, from := indicator+" "+s.job, floor(t, sla.Minute)
	if s.truth[name] == nil {
		s.truth[name] = map[sla.Instant]*sla.Entry{}
	}
	e := s.truth[name][from]
	if e == nil {
		e = &sla.Entry{Span: sla.Span{From: from, To: from.Add(sla.Minute)}, Unknown: sla.Minute}
		s.truth[name][from] = e
	}
	return e
}

func (s *scene) indicator(name string, ind sla.Indicator) {
	ind.Name, ind.Interval = name+" "+s.job, sla.Minute
	s.inds = append(s.inds, &ind)
}

func (s *scene) eventIndicators() {
	job := fmt.Sprintf(`job=%q`, s.job)
	s.indicator("requests", sla.Indicator{Kind: sla.Ratio, Total: `events_total{` + job + `}`, Bad: `events_total{` + job + `,code=~"5.."}`})
	s.indicator("speed", sla.Indicator{Kind: sla.Latency, Histogram: `took{` + job + `}`, Within: sla.MustDecimal("0.3")})
}

// stretch books time that an indicator is good in part, good of hold.
func (s *scene) stretch(indicator string, from, to sla.Instant, good, hold int64) {
	for from < to {
		end := min(to, floor(from, sla.Minute).Add(sla.Minute))
		e := s.at(indicator, from)
		length := int64(end.Sub(from))
		e.Good = e.Good.Add(sla.Seconds(sla.Millis(length * good / hold)))
		e.Bad = e.Bad.Add(sla.Seconds(sla.Millis(length - length*good/hold)))
		e.Unknown -= sla.Millis(length)
		from = end
	}
}

// flaps makes up a target that goes down and up at any second, of which some
// scrapes are missing, single ones and runs.
func (s *scene) flaps() {
	s.indicator("up", sla.Indicator{Kind: sla.TimeGauge, Metric: fmt.Sprintf(`up{job=%q}`, s.job), Bound: sla.Bound{Kind: sla.AtLeast, Value: sla.Decimal{Coef: 1}}})
	down, until := false, start.Add(7*sla.Minute)
	type look struct {
		t  sla.Instant
		up int64
	}
	var looks []look
	for t := start.Add(-baseline); t < sceneEnd.Add(sla.Minute); t = t.Add(sla.Second) {
		minute := t.Sub(start) / sla.Minute
		hidden := minute == 61 || minute >= 90 && minute < 95
		if t == until {
			down, until = !down, t.Add(sla.Millis(20+s.r.IntN(400))*sla.Second)
			s.edges++
		}
		if down && !hidden && t < sceneEnd {
			s.down += sla.Second
		}
		switch {
		case t.Sub(start)%scrape != 0, hidden:
			continue
		case t > start && s.r.IntN(40) == 0:
			s.edges++ // a missing scrape moves an edge as far as an edge may move
			continue
		}
		up := int64(1)
		if down {
			up = 0
		}
		s.h.put(fmt.Sprintf(`up{job=%q,instance="f"}`, s.job), t, up)
		looks = append(looks, look{t, up})
	}
	for i := range looks[:len(looks)-1] {
		to := looks[i+1].t
		if 2*to.Sub(looks[i].t) > 5*scrape {
			to = looks[i].t.Add(scrape)
		}
		s.stretch("up", looks[i].t, to, looks[i].up, 1)
	}
}

// gauges makes up three queues that are scraped together, and what all kinds
// of indicators say of them.
func (s *scene) gauges() {
	metric := fmt.Sprintf(`length{job=%q}`, s.job)
	bounds := []sla.Bound{{Kind: sla.AtMost}, {Kind: sla.AtLeast}, {Kind: sla.Below}, {Kind: sla.Above}}
	for i := range bounds {
		bounds[i].Value = sla.Decimal{Coef: 2}
		s.indicator("samples "+string(bounds[i].Kind), sla.Indicator{Kind: sla.Samples, Metric: metric, Bound: bounds[i]})
	}
	rules := map[string]sla.Combine{
		"time": {}, "any": {Rule: sla.CombineAny}, "all": {Rule: sla.CombineAll}, "two": {Rule: sla.CombineAtLeast, N: 2},
	}
	for _, name := range sortedKeys(rules) {
		s.indicator(name, sla.Indicator{Kind: sla.TimeGauge, Metric: metric, Bound: bounds[0], Combine: rules[name]})
	}
	s.indicator("mean", sla.Indicator{Kind: sla.MeanCounter, Sum: `points_sum` + metric[len("length"):], Count: `points_count` + metric[len("length"):]})
	s.indicator("query", sla.Indicator{Kind: sla.Query, Expr: `sum(last_over_time(` + metric + `[$interval]))`, Bound: sla.Bound{Kind: sla.AtMost, Value: sla.Decimal{Coef: 6}}})
	keeps := func(kind sla.BoundKind, v int64) bool {
		return map[sla.BoundKind]bool{sla.AtMost: v <= 2, sla.AtLeast: v >= 2, sla.Below: v < 2, sla.Above: v > 2}[kind]
	}
	sum, count := int64(0), int64(0)
	for t := start.Add(-baseline); t < sceneEnd.Add(sla.Minute); t = t.Add(scrape) {
		var good, all int64
		for _, instance := range []string{"x", "y", "z"} {
			v := s.r.Int64N(5)
			all += v
			s.h.put(fmt.Sprintf(`length{job=%q,instance=%q}`, s.job, instance), t, v)
			for _, b := range bounds {
				e := s.at("samples "+string(b.Kind), t)
				e.Unknown = 0
				if keeps(b.Kind, v) {
					e.Good = e.Good.Add(sla.Whole(1))
				} else {
					e.Bad = e.Bad.Add(sla.Whole(1))
				}
			}
			if keeps(sla.AtMost, v) {
				good++
			}
		}
		n, m := s.r.Int64N(5), s.r.Int64N(3)
		sum, count = sum+n, count+m
		s.h.put(fmt.Sprintf(`points_sum{job=%q,instance="x"}`, s.job), t, sum)
		s.h.put(fmt.Sprintf(`points_count{job=%q,instance="x"}`, s.job), t, count)
		e := s.at("mean", t)
		e.Good, e.Bad, e.Unknown = e.Good.Add(sla.Whole(n)), e.Bad.Add(sla.Whole(m)), 0
		s.stretch("time", t, t.Add(scrape), good, 3)
		s.stretch("any", t, t.Add(scrape), min(good, 1), 1)
		s.stretch("all", t, t.Add(scrape), good/3, 1)
		s.stretch("two", t, t.Add(scrape), good/2, 1)
		q := s.at("query", t) // the last scrape of a minute decides
		q.Good, q.Bad, q.Unknown = sla.Seconds(sla.Minute), sla.Amount{}, 0
		if all > 6 {
			q.Good, q.Bad = q.Bad, q.Good
		}
	}
}

// perform makes up all scenes in one history.
func perform() (*history, []*scene) {
	h := &history{samples: map[string][]Sample{}}
	var all []*scene
	for i, job := range sortedKeys(scenes) {
		s := &scene{h: h, job: job, r: rand.New(rand.NewPCG(uint64(i), 5)), truth: map[string]map[sla.Instant]*sla.Entry{}}
		scenes[job](s)
		all = append(all, s)
	}
	return h, all
}

// lines writes the history for VictoriaMetrics.
func (h *history) lines() string {
	var b strings.Builder
	for _, name := range h.names {
		for _, s := range h.samples[name] {
			fmt.Fprintf(&b, "%s %d %d\n", name, s.V.coef, s.T)
		}
	}
	return b.String()
}
