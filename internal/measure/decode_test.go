package measure

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/slmd/slmd/internal/sla"
)

// always is a span that leaves nothing out.
var always = sla.Span{From: sla.Always, To: sla.Forever}

// matrix writes an answer as Prometheus does.
func matrix(series, samples int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	var b bytes.Buffer
	b.WriteString(`{"status":"success","data":{"resultType":"matrix","result":[`)
	for i := range series {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"metric":{"__name__":"http_requests_total","code":"200","instance":"shop-%d:80","job":"shop"},"values":[`, i)
		n := int64(1_000_000)
		for k := range samples {
			if k > 0 {
				b.WriteByte(',')
			}
			n += r.Int64N(1000)
			fmt.Fprintf(&b, `[%d.%03d,"%d"]`, 1_700_000_000+15*k, 123, n)
		}
		b.WriteString("]}")
	}
	b.WriteString(`]}}`)
	return b.Bytes()
}

func BenchmarkDecodeMatrix(b *testing.B) {
	body := matrix(30, 2880)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		got, err := decode(body, always)
		if err != nil || got.samples != 30*2880 {
			b.Fatal(got.samples, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(30*2880), "ns/sample")
}

// BenchmarkDecodeMatrixByTree decodes the same answer into a tree of objects,
// for comparison.
func BenchmarkDecodeMatrixByTree(b *testing.B) {
	body := matrix(30, 2880)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		var got struct {
			Data struct {
				Result []struct {
					Metric map[string]string
					Values [][2]any
				}
			}
		}
		if err := json.Unmarshal(body, &got); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(30*2880), "ns/sample")
}

func TestAnswersAreDecoded(t *testing.T) {
	for _, c := range []struct {
		name, body, want string
	}{
		{
			"as Prometheus writes them",
			`{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"x","a":"b"},"values":[[1.5,"2"],[2,"3.25"]]}]}}`,
			`success matrix x{a="b"} 1500=2 2000=3.25;`,
		},
		{
			"with white space, other orders and unknown fields",
			" {\n \"stats\" : {\"n\":[1,{\"a\":null}]} , \"data\": { \"result\" : [ { \"values\" : [ [ 1 , \"2\" ] , [2.001,\"1e3\"] ] , \"metric\" : { \"b\":\"2\", \"a\":\"1\" } } ] , \"resultType\":\"matrix\" } , \"status\" : \"success\" } ",
			`success matrix {a="1",b="2"} 1000=2 2001=1000;`,
		},
		{
			"with escapes in labels",
			`{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":"q\"\\\u00e4\n{}"},"values":[]}]}}`,
			"success matrix {a=\"q\\\"\\\\ä\\n{}\"};",
		},
		{
			"with numbers that are none",
			`{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"NaN"],[2,"+Inf"],[3,"-Inf"],[4,"-0"]]}]}}`,
			`success matrix {} 1000=NaN 2000=Inf 3000=Inf 4000=0;`,
		},
		{
			"with odd times",
			`{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[-1.5,"1"],[1.7e9,"2"],[1.0005,"3"]]}]}}`,
			`success matrix {} -1500=1 1700000000000=2 1001=3;`,
		},
		{
			"with native histograms",
			`{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"histograms":[[1,{"count":"1","buckets":[[0,"1","2","3"]]}]]}]}}`,
			`success matrix {} 1000=1 [{1 2 3}];`,
		},
		{
			"as a vector",
			`{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"7"]}]}}`,
			`success vector {} 1000=7;`,
		},
		{"as a scalar", `{"status":"success","data":{"resultType":"scalar","result":[1,"7"]}}`, `success scalar`},
		{"without series", `{"status":"success","data":{"resultType":"matrix","result":[]}}`, `success matrix`},
		{"with warnings", `{"status":"success","warnings":["w"],"infos":["i"],"data":{"resultType":"matrix","result":[]}}`, `success matrix w`},
		{"as errors", `{"status":"error","errorType":"bad_data","error":"no"}`, `error bad_data no`},
		{"without data", `{"status":"success","data":null,"warnings":null}`, `success`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := decode([]byte(c.body), always)
			if err != nil {
				t.Fatal(err)
			}
			if s := got.show(); s != c.want {
				t.Errorf("got  %s\nwant %s", s, c.want)
			}
		})
	}
}

func (a *answer) show() string {
	out := a.status
	for _, s := range append([]string{a.resultType, a.errorType, a.errorText}, a.warnings...) {
		if s != "" {
			out += " " + s
		}
	}
	for _, s := range a.series {
		out += " " + notation(s.Labels)
		for _, x := range s.Samples {
			out += " " + strconv.FormatInt(int64(x.T), 10) + "=" + x.V.String()
		}
		for _, h := range s.Native {
			out += " " + fmt.Sprint(int64(h.T)) + "=" + fmt.Sprint(h.Count, h.Buckets)
		}
		out += ";"
	}
	return out
}

func TestWhiteSpaceChangesNoSample(t *testing.T) {
	for _, sample := range []string{
		`[1700000000.123,"4711"]`, `[1700000000,"4711.50"]`, `[1700000000.5,"0.000001"]`, `[1,"999999999999999999"]`,
		`[1700000000.123,"1234567890.12345678"]`, `[1700000000.123,"-3"]`, `[1700000000.123,"1e+20"]`, `[0,"0"]`, `[1700000000.123,"12345678901234567890"]`,
	} {
		plain := `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[` + sample + `,` + sample + `,[2000000000,"1"],[2000000001,"1"]]}]}}`
		spaced := strings.NewReplacer("[", " [ ", "]", " ] ", ",", " , ").Replace(plain)
		a, err := decode([]byte(plain), always)
		if err != nil {
			t.Fatal(err)
		}
		b, err := decode([]byte(spaced), always)
		if err != nil {
			t.Fatal(err)
		}
		if a.show() != b.show() {
			t.Errorf("%s is read as %s, with white space as %s", sample, a.show(), b.show())
		}
	}
}

func TestSamplesOutsideTheSpanAreLeftOut(t *testing.T) {
	got, err := decode([]byte(`{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"1"],[2,"2"],[3,"3"],[4,"4"]]}]}}`), sla.Span{From: 2000, To: 4000})
	if err != nil {
		t.Fatal(err)
	}
	if s, want := got.show(), "success matrix {} 2000=2 3000=3;"; s != want {
		t.Errorf("got %s, want %s", s, want)
	}
}

func TestAnAnswerThatGoesOnAfterItsEndIsRefused(t *testing.T) {
	whole := `{"status":"success","data":{"resultType":"matrix","result":[]}}`
	for _, after := range []string{"x", "}", "\x00", whole} {
		if _, err := decode([]byte(whole+after), always); err == nil {
			t.Errorf("an answer followed by %q is taken", after)
		}
	}
	if _, err := decode([]byte(whole+" \r\n"), always); err != nil {
		t.Errorf("white space at the end: %v", err)
	}
}

func TestAnAnswerCutAtAnyByteIsRefused(t *testing.T) {
	body := matrix(2, 3)
	for n := range len(body) {
		if got, err := decode(body[:n], always); err == nil && got.status != "" {
			t.Errorf("cut after %d of %d bytes it is taken as %s", n, len(body), got.show())
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(matrix(2, 3))
	f.Add([]byte(`{"status":"error","errorType":"bad_data","error":"\u0041\"","warnings":["a"],"isPartial":true}`))
	f.Add([]byte(`{"data":{"resultType":"matrix","result":[{"metric":{"a":"\n"},"values":[[-1.5,"NaN"],[1e9,"1e-400"]],"histograms":[[1,{}]]}]}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := decode(body, always)
		if err != nil {
			return
		}
		n := 0
		for _, s := range got.series {
			n += s.size()
			for _, l := range s.Labels {
				_ = l
			}
		}
		if n != got.samples {
			t.Errorf("%d samples in the series, %d counted", n, got.samples)
		}
		if again, err := decode(body, always); err != nil || again.show() != got.show() {
			t.Errorf("a second reading differs: %v", err)
		}
	})
}

func FuzzDecodeState(f *testing.F) {
	s := fresh(1, start, 2)
	s.lanes[0].series["a\xffb\xff"] = &seriesState{last: start, value: Int(7), valid: true, held: []held{{start, 15_000, good}}}
	s.open = []tally{{first: sla.Whole(3), seen: true}}
	f.Add(s.encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := decodeState(b)
		if err != nil {
			return
		}
		again, err := decodeState(s.encode())
		if err != nil || !bytes.Equal(again.encode(), s.encode()) {
			t.Errorf("encoded again it is another state: %v", err)
		}
	})
}

func FuzzValue(f *testing.F) {
	for _, s := range []string{"0", "-0", "1.5", "1e22", "0.1234567890123456", "1e-300", "NaN", "+Inf", "123456789012345678", "9007199254740993"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, ok := ParseValue(s)
		if !ok || v.kind != number || v.exp > 0 || v.exp < -18 {
			return
		}
		again, ok := ParseValue(v.String())
		if !ok || again.cmp(v) != 0 {
			t.Errorf("%q is %s, which reads as %s", s, v, again)
		}
	})
}

func FuzzClassify(f *testing.F) {
	f.Add(200, "", []byte(`{"status":"success","data":{"resultType":"matrix","result":[]}}`))
	f.Add(422, "", []byte(`{"status":"error","errorType":"execution","error":"query processing would load too many samples into memory in query execution"}`))
	f.Add(200, "", []byte(`<html>`))
	f.Add(429, "7", []byte(`slow down`))
	f.Add(400, "-1", []byte(`{"status":"error","errorType":"bad_data","error":"parse error"}`))
	src, err := New(Options{Name: "main", URL: "http://localhost"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, status int, retry string, body []byte) {
		resp := &http.Response{StatusCode: status, Header: http.Header{"Retry-After": {retry}}}
		got, err := src.classify(resp, body, always)
		if err == nil {
			if status/100 != 2 || got.status != "success" || got.resultType != "matrix" || len(got.warnings) > 0 {
				t.Errorf("status %d and %q count as an answer", status, body)
			}
			return
		}
		if got.series != nil {
			t.Error("a refused answer hands out series")
		}
		if p := src.problem(err, start); p.RetryAfter < 0 || p.RetryAfter > maxRetryAfter || len([]rune(p.Text)) > 2*maxWords || !utf8.ValidString(p.Text) {
			t.Errorf("the problem is %+v", p)
		}
	})
}
