package measure

import "strconv"

// histograms reads [[seconds,{…}],…].
func (d *decoder) histograms(into *Series) {
	if d.next() != '[' {
		d.fail()
		return
	}
	d.array(func() { d.histogram(into) })
}

// histogram reads [seconds,{"count":"5","sum":"1.5","buckets":[[0,"0.25","0.5","5"]]}].
func (d *decoder) histogram(into *Series) {
	if !d.take('[') {
		return
	}
	t, ok := d.instant()
	if !ok || !d.take(',') || d.next() != '{' {
		d.fail()
		return
	}
	h := Histogram{T: t}
	d.object(0, func(name string, depth int) {
		switch name {
		case "count":
			h.Count = d.float()
		case "buckets":
			if d.next() != '[' {
				d.fail()
				return
			}
			d.array(func() { h.Buckets = append(h.Buckets, d.bucket()) })
		default:
			d.value(depth, d.skipField)
		}
	})
	if d.take(']') && d.span.Contains(t) {
		into.Native = append(into.Native, h)
		d.natives += 1 + len(h.Buckets)
	}
}

// bucket reads [bounds,"lower","upper","count"]; bounds says which of the two
// belong to it.
func (d *decoder) bucket() (b Bucket) {
	if !d.take('[') {
		return b
	}
	d.next()
	d.scalar()
	for _, into := range []*float64{&b.Lower, &b.Upper, &b.Count} {
		if !d.take(',') {
			return b
		}
		*into = d.float()
	}
	d.take(']')
	return b
}

// float reads a number in quotes.
func (d *decoder) float() float64 {
	d.next()
	f, err := strconv.ParseFloat(string(d.text()), 64)
	if err != nil {
		d.fail()
	}
	return f
}
