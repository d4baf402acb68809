package store

import (
	"context"
	"fmt"
	"maps"
	"sync"

	"firstline/pipeline/fact"
)

// erasing is what inserts know of erasures, as of the last time they asked.
type erasing struct {
	mu    sync.Mutex // guards known
	known erasures
}

// erasures are not changed once they are known: another set takes their place.
type erasures struct {
	contacts, erasures uint64          // rows of erased_contacts, and of erasures and erasure_results, then: they only grow
	erased             map[string]bool // contacts; nil before anything is known
	active             []Erasure       // those that are not over
}

// erase takes out of facts that are about to be inserted what an erasure has taken out of the tables: facts that come late, that are
// read again from Kafka, or imported again. Contacts of which nothing was loaded when their erasure looked are noted with it first.
func (s *Store) erase(ctx context.Context, facts []fact.Fact) ([]fact.Fact, error) {
	known, err := s.erasures(ctx)
	if err != nil || len(known.erased)+len(known.active) == 0 {
		return facts, err
	}
	fresh, erased := known.meet(facts)
	for id, contacts := range fresh {
		if err := s.Remember(ctx, id, contacts, s.now()); err != nil {
			return nil, err
		}
	}
	out := append([]fact.Fact{}, facts...)
	for i, f := range out {
		if c := fact.CallerOf(f); c != "" && erased[c] {
			out[i] = fact.Erase(f)
			s.metrics.erased.Inc()
		}
	}
	return out, nil
}

// meet finds the contacts among the facts that belong to an erasure without it knowing: for each erasure, and together with those known.
func (k erasures) meet(facts []fact.Fact) (fresh map[string][]string, erased map[string]bool) {
	fresh, erased = map[string][]string{}, k.erased
	for _, f := range facts {
		for _, e := range k.active {
			if erased[f.Subject] || !f.Time.Before(e.Requested) || !e.meets(f) {
				continue
			}
			if len(fresh) == 0 {
				erased = maps.Clone(k.erased)
			}
			erased[f.Subject] = true
			fresh[e.ID] = append(fresh[e.ID], f.Subject)
		}
	}
	return fresh, erased
}

// meets says whether a fact shows that its contact is one of the erasure's.
func (e Erasure) meets(f fact.Fact) bool {
	switch d := f.Data.(type) {
	case fact.Arrived:
		return e.isOf(d.CallerNumber) || d.Kind == fact.KindOutbound && e.isOf(d.Dialed)
	case fact.Identified:
		return e.Customer != "" && d.Customer == e.Customer
	case fact.ContactEnded:
		return e.Customer != "" && d.Customer == e.Customer
	default:
		return false
	}
}

// erasures are those there are now. They are read anew only when there are others than last time.
func (s *Store) erasures(ctx context.Context) (erasures, error) {
	s.erasing.mu.Lock()
	known := s.erasing.known
	s.erasing.mu.Unlock()
	var now erasures
	for _, table := range []string{"erased_contacts", "erasures", "erasure_results"} {
		if err := s.sync(ctx, table); err != nil {
			return known, err
		}
	}
	ask, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	if err := s.conn.QueryRow(ask, "SELECT (SELECT count() FROM erased_contacts), (SELECT count() FROM erasures) + (SELECT count() FROM erasure_results)").
		Scan(&now.contacts, &now.erasures); err != nil {
		return known, fmt.Errorf("ask for erasures: %w", err)
	}
	if known.erased != nil && now.contacts == known.contacts && now.erasures == known.erasures {
		return known, nil
	}
	ids, err := s.names(ctx, "SELECT DISTINCT contact FROM erased_contacts")
	if err != nil {
		return known, fmt.Errorf("read erased contacts: %w", err)
	}
	if now.active, err = s.Erasures(ctx, ""); err != nil {
		return known, err
	}
	now.erased = make(map[string]bool, len(ids))
	for _, id := range ids {
		now.erased[id] = true
	}
	s.erasing.mu.Lock()
	defer s.erasing.mu.Unlock()
	s.erasing.known = now
	return now, nil
}
