package recordings

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"firstline/pipeline/archive"
	"firstline/telephony/callcenter"
)

// Between attempts: doubling from the first to the longest.
const (
	firstPause   = time.Second
	longestPause = time.Minute
)

// Limits of one attempt: one that hangs must not hold its worker until the recording is given up.
const (
	attemptLimit = 10 * time.Minute
	deleteLimit  = 30 * time.Second
)

// beginLimit is for how long after it was asked for a side that Asterisk doesn't have may still come: the recording of a short
// contact can be handed over while the commands that begin it wait in line for Asterisk. What is told lost before that would lie
// in Asterisk for ever.
const beginLimit = 30 * time.Second

// errEarly is about a side that Asterisk doesn't have yet.
var errEarly = errors.New("not all is in Asterisk yet")

// keep sees one recording through to its answer. When ctx ends there is none: the core asks again after a restart.
func (k *Keeper) keep(ctx context.Context, o order) {
	event, err := k.insist(ctx, o)
	if ctx.Err() != nil {
		return
	}
	k.done(o.StoreRecording)
	if err != nil {
		k.lost(o.StoreRecording, err)
		return
	}
	k.stored(o.StoreRecording, event)
}

// insist tries until it is done, or can't be, or the time is over. Between attempts it holds no worker: one recording that can't
// be had must not keep others waiting.
func (k *Keeper) insist(ctx context.Context, o order) (callcenter.RecordingStored, error) {
	ctx, cancel := context.WithDeadline(ctx, o.asked.Add(k.cfg.GiveUp))
	defer cancel()
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		event, err := k.attempt(ctx, o)
		if err == nil || final(err) {
			return event, err
		}
		if !errors.Is(err, errEarly) { // nothing has failed then
			k.warn(ctx, o, err)
		}
		select {
		case <-time.After(pause):
			k.metrics.retries.Inc()
		case <-ctx.Done():
			return callcenter.RecordingStored{}, fmt.Errorf("given up after %s: %w", k.cfg.GiveUp, err)
		}
	}
}

// warn tells of an attempt that failed, unless there was enough of that just now.
func (k *Keeper) warn(ctx context.Context, o order, err error) {
	if told := k.trouble.Failed(err); told != nil && ctx.Err() == nil {
		k.log.Warn("recording not kept yet", append(told, "contact", o.Contact, "recording", o.Recording)...)
	}
}

// final tells of errors that stay the same however often it is tried.
func final(err error) bool {
	return errors.Is(err, ErrNoRecording) || errors.Is(err, archive.ErrID) || isBroken(err)
}

func isBroken(err error) bool {
	var b broken
	return errors.As(err, &b)
}

// attempt keeps the recording and deletes it in Asterisk. A file that is there already is what is told: the process died after
// it had kept it, and Asterisk may have less of it by now.
func (k *Keeper) attempt(ctx context.Context, o order) (callcenter.RecordingStored, error) {
	select {
	case k.workers <- struct{}{}:
	case <-ctx.Done():
		return callcenter.RecordingStored{}, fmt.Errorf("wait for one of %d workers: %w", cap(k.workers), ctx.Err())
	}
	defer func() { <-k.workers }()
	ctx, cancel := context.WithTimeout(ctx, attemptLimit)
	defer cancel()
	event, err := k.archived(o.StoreRecording)
	if err == nil {
		k.tidy(ctx, o.StoreRecording, k.look(ctx, o.In), k.look(ctx, o.Out))
		return event, nil
	}
	if isBroken(err) {
		k.log.Warn("kept recording is broken and fetched again", "contact", o.Contact, "recording", o.Recording, "error", err)
	}
	if !errors.Is(err, fs.ErrNotExist) && !isBroken(err) {
		return event, err
	}
	event, in, out, err := k.store(ctx, o)
	if err == nil {
		k.tidy(ctx, o.StoreRecording, in, out)
	}
	return event, err
}

// archived tells about a recording that is in the archive.
func (k *Keeper) archived(c callcenter.StoreRecording) (callcenter.RecordingStored, error) {
	none := callcenter.RecordingStored{}
	file, err := k.dir.Open(c.Recording, c.KeepUntil)
	if err != nil {
		return none, err
	}
	defer file.Close() //nolint:errcheck // read only
	sum := sha256.New()
	size, err := io.Copy(sum, file)
	if err != nil {
		return none, fmt.Errorf("read what was kept: %w", err)
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return none, fmt.Errorf("read what was kept: %w", err)
	}
	heard, err := readWave(file, size, 2)
	if err != nil {
		return none, fmt.Errorf("read what was kept in %s: %w", file.Name(), err)
	}
	if err := k.dir.Sync(c.KeepUntil); err != nil {
		return none, fmt.Errorf("make what was kept durable: %w", err)
	}
	return eventOf(c, heard.frames, size, sum.Sum(nil)), nil
}

// eventOf is what is told about a file.
func eventOf(c callcenter.StoreRecording, frames, size int64, sum []byte) callcenter.RecordingStored {
	return callcenter.RecordingStored{
		Recording: c.Recording, Duration: time.Duration(frames) * sampleTime, Bytes: size, SHA256: hex.EncodeToString(sum)}
}
