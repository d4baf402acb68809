package recordings

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"firstline/pipeline/archive"
	"firstline/telephony/callcenter"
)

// store fetches both sides and keeps them joined. Of a recording with one side only, the other one is silent.
func (k *Keeper) store(ctx context.Context, c callcenter.StoreRecording) (callcenter.RecordingStored, error) {
	none := callcenter.RecordingStored{}
	in, err := k.fetch(ctx, c.In)
	if err != nil {
		return none, err
	}
	defer in.discard()
	out, err := k.fetch(ctx, c.Out)
	if err != nil {
		return none, err
	}
	defer out.discard()
	if in.part == nil && out.part == nil {
		return none, fmt.Errorf("neither %q nor %q is in Asterisk: %w", c.In, c.Out, ErrNoRecording)
	}
	event, err := k.joined(c, in.wave, out.wave)
	if err == nil && (in.part == nil || out.part == nil) {
		k.metrics.missing.Inc()
		k.log.Warn("recording has one side only", "contact", c.Contact, "recording", c.Recording, "in", in.part != nil, "out", out.part != nil)
	}
	return event, err
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
	frames, err := join(io.MultiWriter(part, sum), in, out, c.Offset)
	if err != nil {
		return none, fmt.Errorf("join both sides: %w", err)
	}
	if err := part.Keep(c.Recording, c.KeepUntil); err != nil {
		return none, err
	}
	return eventOf(c, frames, headerBytes+frames*2*sampleBytes, sum.Sum(nil)), nil
}

// side is one side as it was fetched; the zero value is one that Asterisk doesn't have.
type side struct {
	wave
	part *archive.Part
}

func (s side) discard() {
	if s.part != nil {
		s.part.Discard()
	}
}

// fetch brings one side here. That there is none is no error; a name is empty when it never began.
func (k *Keeper) fetch(ctx context.Context, name string) (side, error) {
	if name == "" {
		return side{}, nil
	}
	part, err := k.dir.Part()
	if err != nil {
		return side{}, err
	}
	s := side{part: part}
	err = k.source.FetchRecording(ctx, name, part)
	if err == nil {
		s.wave, err = rewound(part)
	}
	if err == nil {
		return s, nil
	}
	part.Discard()
	if errors.Is(err, ErrNoRecording) {
		return side{}, nil
	}
	return side{}, fmt.Errorf("recording %s in Asterisk: %w", name, err)
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

// tidy deletes both sides in Asterisk. One that stays there takes room, no more.
func (k *Keeper) tidy(ctx context.Context, c callcenter.StoreRecording) {
	for _, name := range []string{c.In, c.Out} {
		if name == "" {
			continue
		}
		err := k.delete(ctx, name)
		if errors.Is(ctx.Err(), context.Canceled) {
			return // the process ends: the core asks again, and then it is deleted
		}
		if err != nil {
			k.metrics.deleteFailures.Inc()
			k.log.Warn("kept recording stays in Asterisk", "contact", c.Contact, "recording", c.Recording, "name", name, "error", err)
		}
	}
}

func (k *Keeper) delete(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, deleteLimit)
	defer cancel()
	return k.source.DeleteRecording(ctx, name)
}
