package company

import "github.com/slmd/slmd/internal/sla"

// shape is how traffic is spread over a week: a factor for each five minutes, 1 on average.
type shape []float64

const shapeSlot = 5 * sla.Minute

// Traffic by hour of the day and by day of the week, Monday first.
var (
	shopHours = [24]float64{
		0.45, 0.25, 0.15, 0.12, 0.12, 0.2, 0.4, 0.7, 0.9, 1.05, 1.2, 1.3,
		1.45, 1.3, 1.2, 1.2, 1.3, 1.5, 1.75, 2.0, 2.1, 1.9, 1.4, 0.8,
	}
	shopDays    = [7]float64{1, 0.97, 0.95, 0.98, 1, 1.05, 1.15}
	officeHours = [24]float64{
		0.02, 0.02, 0.02, 0.02, 0.02, 0.05, 0.6, 2.4, 3, 3.2, 3.2, 2.8,
		1.6, 2.6, 3, 2.8, 2.2, 1, 0.3, 0.1, 0.05, 0.02, 0.02, 0.02,
	}
	officeDays = [7]float64{1.4, 1.3, 1.3, 1.35, 1.25, 0.15, 0.05}
)

func newShape(hours [24]float64, days [7]float64) shape {
	perDay := int(sla.Day / shapeSlot)
	s := make(shape, 7*perDay)
	sum := 0.0
	for i := range s {
		ofDay := float64(i%perDay) / float64(perDay) * 24
		h := int(ofDay)
		part := ofDay - float64(h)
		v := float64(hours[h]*(1-part)) + float64(hours[(h+1)%24]*part)
		s[i] = v * days[i/perDay]
		sum += s[i]
	}
	for i := range s {
		s[i] /= sum / float64(len(s))
	}
	return s
}

// at gives the factor at that time of the week.
func (s shape) at(ofWeek sla.Millis) float64 { return s[int(ofWeek/shapeSlot)] }
