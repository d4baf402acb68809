package store

import (
	"context"
	"fmt"
	"sync"

	"firstline/pipeline/fact"
)

// erasing is what inserts know of erasures, as of the last time they asked.
type erasing struct {
	mu       sync.Mutex // guards all; held while it is read anew
	contacts uint64     // rows of erased_contacts then: it only grows
	results  uint64     // of erasure_results and erasures: an erasure came, or is over
	erased   map[string]bool
	active   []Erasure
}

// erase takes out of facts that are about to be inserted what an erasure has taken out of the tables: facts that come late, that are
// read again from Kafka, or imported again. It returns the contacts that are new to their erasures, which Insert stores before the
// facts: those of which nothing was loaded when the erasure looked.
func (s *Store) erase(ctx context.Context, facts []fact.Fact) ([]fact.Fact, error) {
	if err := s.refresh(ctx); err != nil {
		return nil, err
	}
	s.erasing.mu.Lock()
	defer s.erasing.mu.Unlock()
	if len(s.erasing.erased)+len(s.erasing.active) == 0 {
		return facts, nil
	}
	fresh := map[string][]string{}
	for _, f := range facts {
		for _, e := range s.erasing.active {
			if !s.erasing.erased[f.Subject] && f.Time.Before(e.Requested) && e.meets(f) {
				s.erasing.erased[f.Subject] = true
				fresh[e.ID] = append(fresh[e.ID], f.Subject)
			}
		}
	}
	for id, contacts := range fresh {
		if err := s.Remember(ctx, id, contacts, s.now()); err != nil {
			s.erasing.contacts = 0 // what was noted above is read anew
			return nil, err
		}
	}
	out := append([]fact.Fact{}, facts...)
	for i, f := range out {
		if c := fact.CallerOf(f); c != "" && s.erasing.erased[c] {
			out[i] = fact.Erase(f)
			s.metrics.erased.Inc()
		}
	}
	return out, nil
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

// refresh reads the erasures anew when there are others than last time.
func (s *Store) refresh(ctx context.Context) error {
	s.erasing.mu.Lock()
	defer s.erasing.mu.Unlock()
	for _, table := range []string{"erased_contacts", "erasures"} {
		if err := s.sync(ctx, table); err != nil {
			return err
		}
	}
	ask, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	var contacts, results uint64
	if err := s.conn.QueryRow(ask, "SELECT (SELECT count() FROM erased_contacts), (SELECT count() FROM erasures) + (SELECT count() FROM erasure_results)").Scan(&contacts, &results); err != nil {
		return fmt.Errorf("ask for erasures: %w", err)
	}
	if s.erasing.erased != nil && contacts == s.erasing.contacts && results == s.erasing.results {
		return nil
	}
	ids, err := s.names(ctx, "SELECT DISTINCT contact FROM erased_contacts")
	if err != nil {
		return fmt.Errorf("read erased contacts: %w", err)
	}
	if s.erasing.active, err = s.Erasures(ctx, ""); err != nil {
		return err
	}
	s.erasing.erased = make(map[string]bool, len(ids))
	for _, id := range ids {
		s.erasing.erased[id] = true
	}
	s.erasing.contacts, s.erasing.results = contacts, results
	return nil
}
