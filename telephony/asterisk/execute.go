package asterisk

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"firstline/telephony/callcenter"
)

// dialledVariable marks a leg on which Dial was asked for: a controller that starts anew must not dial it again, since
// Asterisk hangs up a leg that is dialled twice.
const dialledVariable = "FIRSTLINE_RUNG"

// execute does one command. nil = done, or done before; an error = refused for good.
func (e *executor) execute(ctx context.Context, command callcenter.Command) error {
	switch c := command.(type) {
	case callcenter.ClearTimeout:
		return e.rest.setVariable(ctx, "clear time-out", c.Channel, "TIMEOUT(absolute)", "0")
	case callcenter.Answer:
		return e.post(ctx, "answer", channelPath(c.Channel, "/answer"), nil)
	case callcenter.Play:
		return e.play(ctx, c)
	case callcenter.StopPlay:
		return e.stopPlay(ctx, c)
	case callcenter.StartMusic:
		return e.post(ctx, "start music", channelPath(c.Channel, "/moh"), url.Values{"mohClass": {c.Class}})
	case callcenter.StopMusic:
		return e.remove(ctx, "stop music", channelPath(c.Channel, "/moh"), nil)
	case callcenter.CreateLeg:
		return e.createLeg(ctx, c)
	case callcenter.Dial:
		return e.dial(ctx, c)
	case callcenter.CreateBridge:
		return done(e.post(ctx, "create bridge", bridgePath(c.Bridge, ""), url.Values{"type": {"mixing"}}), http.StatusConflict)
	case callcenter.AddToBridge:
		return e.addToBridge(ctx, c)
	case callcenter.DestroyBridge:
		return e.remove(ctx, "destroy bridge", bridgePath(c.Bridge, ""), nil)
	case callcenter.HangUp:
		return e.hangUp(ctx, c)
	case callcenter.CheckPhone:
		return e.check(ctx, c)
	default:
		return fmt.Errorf("the executor knows no command %T", command)
	}
}

// done turns the statuses that mean "it is so already" into success.
func done(err error, codes ...int) error {
	for _, code := range codes {
		if codeOf(err) == code {
			return nil
		}
	}
	return err
}

func (e *executor) post(ctx context.Context, what, path string, query url.Values) error {
	return e.rest.do(ctx, request{what: what, method: http.MethodPost, path: path, query: query, repeatable: true}, nil)
}

// remove deletes something; that it is gone already is as good.
func (e *executor) remove(ctx context.Context, what, path string, query url.Values) error {
	err := e.rest.do(ctx, request{what: what, method: http.MethodDelete, path: path, query: query, repeatable: true}, nil)
	return done(err, http.StatusNotFound)
}

// play starts a playback unless it is there: Asterisk would play it a second time under the same id.
func (e *executor) play(ctx context.Context, c callcenter.Play) error {
	err := e.rest.do(ctx, request{what: "find playback", method: http.MethodGet, path: playbackPath(c.Playback), repeatable: true}, nil)
	if codeOf(err) != http.StatusNotFound {
		return err
	}
	query := url.Values{"media": {strings.Join(c.Media, ",")}}
	if c.Language != "" {
		query.Set("lang", c.Language)
	}
	path := channelPath(c.Channel, "/play/"+url.PathEscape(c.Playback))
	return e.rest.do(ctx, request{what: "play", method: http.MethodPost, path: path, query: query}, nil)
}

// stopPlay ends a playback and waits until it is gone: until then Asterisk lets requests on its channel wait.
func (e *executor) stopPlay(ctx context.Context, c callcenter.StopPlay) error {
	if err := e.remove(ctx, "stop playback", playbackPath(c.Playback), nil); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, e.rest.timeout)
	defer cancel()
	for wait := time.Millisecond; ; wait *= 2 {
		err := e.rest.do(ctx, request{what: "find playback", method: http.MethodGet, path: playbackPath(c.Playback), repeatable: true}, nil)
		if err != nil {
			return done(err, http.StatusNotFound)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("stop playback %s: it goes on: %w", c.Playback, ctx.Err())
		case <-time.After(wait):
		}
	}
}

// createLeg makes a channel that isn't dialled yet. What the agent's phone shows is the leg's connected line; it is set
// together with the language before the channel enters the application.
func (e *executor) createLeg(ctx context.Context, c callcenter.CreateLeg) error {
	query := url.Values{"endpoint": {c.Endpoint}, "app": {e.app}, "appArgs": {"leg," + c.Contact}, "channelId": {c.Channel}}
	if c.Originator != "" {
		query.Set("originator", c.Originator)
	}
	name, number := splitCallerID(c.CallerID)
	variables := map[string]string{"CONNECTEDLINE(name,i)": name, "CONNECTEDLINE(num)": number}
	if c.Language != "" {
		variables["CHANNEL(language)"] = c.Language
	}
	err := e.rest.do(ctx, request{what: "create leg", method: http.MethodPost, path: "/channels/create", query: query,
		body: map[string]any{"variables": variables}, repeatable: true}, nil)
	if err == nil {
		e.legs.created(c.Channel)
	}
	return done(err, http.StatusConflict)
}

// splitCallerID takes "Name <number>" apart; a text without brackets is a number.
func splitCallerID(id string) (name, number string) {
	before, after, found := strings.Cut(id, "<")
	if !found {
		return "", strings.TrimSpace(id)
	}
	return strings.Trim(before, " \""), strings.TrimSuffix(strings.TrimSpace(after), ">")
}

// dial rings a leg, once. A dial without an answer may have taken effect, so it isn't repeated.
func (e *executor) dial(ctx context.Context, c callcenter.Dial) error {
	asked, err := e.dialled(ctx, c.Channel)
	if asked || err != nil {
		return err
	}
	seconds := int(max(c.Timeout+time.Second-1, time.Second) / time.Second)
	dial := request{what: "dial", method: http.MethodPost, path: channelPath(c.Channel, "/dial"),
		query: url.Values{"timeout": {strconv.Itoa(seconds)}}}
	e.legs.dialled(c.Channel)
	err = e.rest.do(ctx, dial, nil)
	if codeOf(err) == http.StatusConflict { // not in the application yet, or up already
		if beyond, _ := e.isBeyondDown(ctx, c.Channel); beyond {
			return nil
		}
		err = e.rest.do(ctx, dial, nil)
	}
	if err != nil {
		if codeOf(err) != 0 {
			e.legs.created(c.Channel) // refused, so it doesn't ring
		}
		return err
	}
	// Behind the dial, so that the phone doesn't wait for it. That the mark fails is no failure of the command.
	if err := e.rest.setVariable(ctx, "mark leg", c.Channel, dialledVariable, "1"); err != nil && codeOf(err) != http.StatusNotFound {
		e.log.Warn("a dialled leg could not be marked", "call", c.Contact, "channel", c.Channel, "error", err)
	}
	return nil
}

// dialled says whether the leg was dialled before, by this process or an earlier one.
func (e *executor) dialled(ctx context.Context, leg string) (bool, error) {
	switch e.legs.state(leg) {
	case legDialled:
		return true, nil
	case legCreated:
		return false, nil
	case legUnknown:
	}
	if beyond, err := e.isBeyondDown(ctx, leg); beyond || err != nil {
		return beyond, err
	}
	err := e.rest.do(ctx, request{what: "find mark", method: http.MethodGet, path: channelPath(leg, "/variable"),
		query: url.Values{"variable": {dialledVariable}}, repeatable: true}, nil)
	if codeOf(err) == http.StatusNotFound { // not set
		return false, nil
	}
	return err == nil, err
}

// isBeyondDown says whether the leg rings or is up.
func (e *executor) isBeyondDown(ctx context.Context, leg string) (bool, error) {
	var c channel
	err := e.rest.do(ctx, request{what: "find leg", method: http.MethodGet, path: channelPath(leg, ""), repeatable: true}, &c)
	return err == nil && c.State != "Down", err
}

// addToBridge joins channels. A channel that has just been created or answered may not be controllable yet (422): once more.
func (e *executor) addToBridge(ctx context.Context, c callcenter.AddToBridge) error {
	query := url.Values{"channel": {strings.Join(c.Channels, ",")}}
	err := e.post(ctx, "add to bridge", bridgePath(c.Bridge, "/addChannel"), query)
	if code := codeOf(err); code == http.StatusUnprocessableEntity || code == http.StatusConflict {
		err = e.post(ctx, "add to bridge", bridgePath(c.Bridge, "/addChannel"), query)
	}
	return err
}

func (e *executor) hangUp(ctx context.Context, c callcenter.HangUp) error {
	var query url.Values
	if c.Cause > 0 {
		query = url.Values{"reason_code": {strconv.Itoa(c.Cause)}}
	}
	return e.remove(ctx, "hang up", channelPath(c.Channel, ""), query)
}

// setVariable sets a channel's variable or a dialplan function of it.
func (r *rest) setVariable(ctx context.Context, what, channel, name, value string) error {
	return r.do(ctx, request{what: what, method: http.MethodPost, path: channelPath(channel, "/variable"),
		query: url.Values{"variable": {name}, "value": {value}}, repeatable: true}, nil)
}
