package recordings

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"time"

	"firstline/pipeline/archive"
	"firstline/telephony/callcenter"
)

// store fetches both sides and keeps them joined. Of a recording with one side only, the other one is silent. It returns the sides
// too, whose files are gone by then, for tidy.
func (k *Keeper) store(ctx context.Context, o order) (event callcenter.RecordingStored, in, out side, err error) {
	early := time.Since(o.asked) < beginLimit // before the first look: the fetch may take longer than that
	if in, err = k.fetch(ctx, o.In); err != nil {
		return event, in, out, err
	}
	defer in.discard()
	if out, err = k.fetch(ctx, o.Out); err != nil {
		return event, in, out, err
	}
	defer out.discard()
	if early && (in.missing() || out.missing()) {
		return event, in, out, fmt.Errorf("of %q and %q: %w", o.In, o.Out, errEarly)
	}
	if in.part == nil && out.part == nil {
		err = fmt.Errorf("neither %q nor %q is in Asterisk: %w", o.In, o.Out, ErrNoRecording)
		return event, in, out, cmp.Or(in.unfit, out.unfit, err)
	}
	event, err = k.joined(o.StoreRecording, in.wave, out.wave)
	if err == nil && (in.part == nil || out.part == nil) {
		k.metrics.missing.Inc()
		k.log.Warn("recording has one side only", "contact", o.Contact, "recording", o.Recording, "in", in.part != nil, "out", out.part != nil)
	}
	return event, in, out, err
}

// joined writes both sides to the archive.
func (k *Keeper) joined(c callcenter.StoreRecording, in, out wave) (callcenter.RecordingStored, error) {
	none := callcenter.RecordingStored{}
	part, err := k.dir.Part()
	if err != nil {
		return none, err
	}
	defer part.Discard()
	sum := sha256.New()
	frames, err := join(io.MultiWriter(part, sum), in, out, c.Offset, c.Silences)
	if err != nil {
		return none, fmt.Errorf("join both sides: %w", err)
	}
	if err := part.Keep(c.Recording, c.KeepUntil); err != nil {
		return none, err
	}
	return eventOf(c, frames, headerBytes+frames*2*sampleBytes, sum.Sum(nil)), nil
}

// side is one side as it was fetched.
type side struct {
	name  string // in Asterisk; empty when it never began
	unfit error  // why what Asterisk has can't be kept
	wave
	part *archive.Part // nil: there is none, or it is unfit
}

// missing is one that began, as far as is known, and that Asterisk doesn't have.
func (s side) missing() bool { return s.name != "" && s.part == nil && s.unfit == nil }

func (s side) discard() {
	if s.part != nil {
		s.part.Discard()
	}
}

// fetch brings one side here. That there is none or that it is broken is no error; a name is empty when it never began.
func (k *Keeper) fetch(ctx context.Context, name string) (side, error) {
	if name == "" {
		return side{}, nil
	}
	part, err := k.dir.Part()
	if err != nil {
		return side{}, err
	}
	s := side{name: name, part: part}
	err = k.source.FetchRecording(ctx, name, part)
	if err == nil {
		s.wave, err = rewound(part)
	}
	if err == nil {
		return s, nil
	}
	part.Discard()
	if errors.Is(err, ErrNoRecording) {
		return side{name: name}, nil
	}
	err = fmt.Errorf("recording %s in Asterisk: %w", name, err)
	if isBroken(err) {
		return side{name: name, unfit: err}, nil
	}
	return side{}, err
}

// rewound reads a file from its beginning that has just been written.
func rewound(file io.ReadSeeker) (wave, error) {
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return wave{}, err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return wave{}, err
	}
	return readWave(file, size, 1)
}

// look tells what Asterisk still has of a side whose recording was kept by an attempt before.
func (k *Keeper) look(ctx context.Context, name string) side {
	s, err := k.fetch(ctx, name)
	s.discard()
	if err != nil {
		return side{name: name, unfit: err}
	}
	return s
}

// tidy deletes in Asterisk what was kept. A side that stays there takes room, no more; one that couldn't be kept stays in any
// case, for somebody to hear what can be heard of it.
func (k *Keeper) tidy(ctx context.Context, c callcenter.StoreRecording, sides ...side) {
	for _, s := range sides {
		if s.name == "" {
			continue
		}
		err := s.unfit
		if err == nil {
			err = k.delete(ctx, s.name)
		}
		if errors.Is(ctx.Err(), context.Canceled) {
			return // the process ends: the core asks again, and then it is deleted
		}
		if err != nil {
			if !isBroken(err) {
				k.metrics.deleteFailures.Inc()
			}
			k.log.Warn("kept recording stays in Asterisk", "contact", c.Contact, "recording", c.Recording, "name", s.name, "error", err)
		}
	}
}

func (k *Keeper) delete(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, deleteLimit)
	defer cancel()
	return k.source.DeleteRecording(ctx, name)
}
