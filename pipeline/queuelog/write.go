package queuelog

// load takes up what is on disk, and finishes the lines that a crash left half written. Fresh: there is nothing yet.
func (r *Recorder) load() (fresh bool, err error) {
	st, err := r.store.load()
	if err != nil {
		return false, err
	}
	if fresh = st == nil; fresh {
		st = &saved{}
	}
	r.saved, r.next = *st, *st
	r.t = NewTranslator(r.cfg, r.next.State)
	r.lines, r.events, r.facts, r.pending = nil, nil, 0, nil
	if st.Lines == "" {
		return fresh, nil
	}
	how, err := r.out.finish(st.At, []byte(st.Lines))
	if err != nil {
		return false, err
	}
	switch how {
	case written:
		r.metrics.recovered.WithLabelValues("written").Inc()
	case unwritten:
		r.metrics.recovered.WithLabelValues("unwritten").Inc()
	case unknown:
		r.metrics.recovered.WithLabelValues("unknown").Inc()
		r.log.Warn("queue_log was cut or is gone since its last lines were written; they count as written", "path", r.out.path)
	case disturbed:
		r.metrics.recovered.WithLabelValues("disturbed").Inc()
		r.log.Error("something else writes to queue_log; the last lines are written again", "path", r.out.path)
	}
	if how == unwritten || how == disturbed {
		return false, r.write([]byte(st.Lines))
	}
	return false, r.confirm()
}

func (r *Recorder) add(lines []Line) {
	for _, l := range lines {
		r.lines = l.Append(r.lines)
		r.events = append(r.events, l.Event)
	}
}

// commit writes the batch in hand.
func (r *Recorder) commit() error {
	switch {
	case len(r.lines) == 0 && r.facts < batchFacts:
		return nil // how far it was read is saved later: reading it again changes nothing
	case len(r.lines) == 0:
		return r.confirm()
	}
	r.next.State = r.t.State()
	if err := r.write(r.lines); err != nil {
		return err
	}
	for _, e := range r.events {
		r.metrics.lines.WithLabelValues(e).Inc()
	}
	r.done()
	return nil
}

// done begins another batch.
func (r *Recorder) done() {
	r.metrics.facts.Add(float64(r.facts))
	r.metrics.position.Set(float64(r.next.After))
	r.lines, r.events, r.facts = r.lines[:0], r.events[:0], 0
}

// write saves the state with the lines in it, and then appends them.
func (r *Recorder) write(lines []byte) error {
	at, replaced, ragged, err := r.out.end()
	if err != nil {
		return err
	}
	if replaced {
		r.metrics.rotations.Inc()
		r.log.Info("queue_log was rotated, the new file is written", "path", r.out.path)
	}
	if ragged {
		lines = append([]byte{'\n'}, lines...)
	}
	r.next.At, r.next.Lines = at, string(lines)
	if err := r.store.save(r.next); err != nil {
		return err
	}
	r.saved = r.next
	return r.out.append(lines)
}

// quiet is for a moment without facts: what was only read is saved, and that the last lines are written.
func (r *Recorder) quiet() error {
	if err := r.commit(); err != nil {
		return err
	}
	if r.saved.Lines == "" && r.saved.After == r.next.After && r.saved.Stream == r.next.Stream {
		return nil
	}
	return r.confirm()
}

// confirm saves the state without lines: those before are written.
func (r *Recorder) confirm() error {
	r.next.State, r.next.Lines = r.t.State(), ""
	if err := r.store.save(r.next); err != nil {
		return err
	}
	r.saved = r.next
	r.done()
	return nil
}
