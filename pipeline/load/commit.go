package load

import (
	"encoding/json"
	"fmt"
)

// planVersion is the version of a plan's form in an offset's metadata.
const planVersion = 1

// planJSON is a plan as the metadata of a committed offset; the names are short because a broker limits its size.
type planJSON struct {
	Version   int        `json:"v"`
	Cluster   string     `json:"c"`
	Topic     string     `json:"t"`
	Partition int        `json:"p"`
	Number    uint64     `json:"n"`
	First     int64      `json:"f"`
	Last      int64      `json:"l"`
	Before    []markJSON `json:"m"`
}

type markJSON struct {
	Source   string `json:"s"`
	Epoch    string `json:"e"`
	Position uint64 `json:"p"`
}

// encodePlan returns the plan as metadata of its offset.
func encodePlan(p Plan) (string, error) {
	w := planJSON{Version: planVersion, Cluster: p.Cluster, Topic: p.Topic, Partition: p.Partition, Number: p.Number,
		First: p.First, Last: p.Last, Before: make([]markJSON, len(p.Before))}
	for i, m := range p.Before {
		w.Before[i] = markJSON(m)
	}
	b, err := json.Marshal(w)
	if err != nil {
		return "", fmt.Errorf("encode plan: %w", err)
	}
	return string(b), nil
}

// decodePlan reads what encodePlan wrote.
func decodePlan(metadata string) (Plan, error) {
	var w planJSON
	if err := json.Unmarshal([]byte(metadata), &w); err != nil {
		return Plan{}, fmt.Errorf("decode plan: %w", err)
	}
	if w.Version != planVersion || w.Number == 0 || w.Last < w.First || w.First < 0 {
		return Plan{}, fmt.Errorf("decode plan: version %d, number %d, offsets %d to %d are no plan of this loader",
			w.Version, w.Number, w.First, w.Last)
	}
	p := Plan{Cluster: w.Cluster, Topic: w.Topic, Partition: w.Partition, Number: w.Number, First: w.First, Last: w.Last}
	for _, m := range w.Before {
		p.Before = append(p.Before, Mark(m))
	}
	return p, nil
}
