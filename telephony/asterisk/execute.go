package asterisk

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"firstline/telephony/callcenter"
	"firstline/telephony/ivr"
)

// execute does one command. nil = done, or done before; an error = refused for good.
func (e *executor) execute(ctx context.Context, command callcenter.Command) error {
	switch c := command.(type) {
	case callcenter.ClearTimeout:
		return e.rest.setVariable(ctx, "clear time-out", c.Channel, "TIMEOUT(absolute)", "0")
	case callcenter.Answer:
		return e.post(ctx, "answer", channelPath(c.Channel, "/answer"), nil)
	case callcenter.Play:
		return e.play(ctx, channelPath(c.Channel, ""), c.Playback, c.Media, c.Language)
	case callcenter.PlayToAll:
		return e.play(ctx, bridgePath(c.Bridge, ""), c.Playback, c.Media, c.Language)
	case callcenter.StopPlay:
		return e.stopPlay(ctx, c)
	case callcenter.StartMusic:
		return e.post(ctx, "start music", channelPath(c.Channel, "/moh"), url.Values{"mohClass": {c.Class}})
	case callcenter.StopMusic:
		return e.remove(ctx, "stop music", channelPath(c.Channel, "/moh"), nil)
	case callcenter.Ring:
		return e.ring(ctx, c)
	case callcenter.CreateBridge:
		return done(e.post(ctx, "create bridge", bridgePath(c.Bridge, ""), url.Values{"type": {"mixing"}}), http.StatusConflict)
	case callcenter.AddToBridge:
		return e.addToBridge(ctx, c)
	case callcenter.Snoop:
		return e.snoop(ctx, c)
	case callcenter.Mute:
		return e.mute(ctx, c)
	case callcenter.RecordSnoop:
		return e.recordSnoop(ctx, c)
	case callcenter.MuteRecording:
		return e.muteRecording(ctx, c)
	case callcenter.RemoveFromBridge:
		return e.removeFromBridge(ctx, c)
	case callcenter.AnswerTransfer:
		return e.answerTransfer(ctx, c)
	case callcenter.DestroyBridge:
		return e.remove(ctx, "destroy bridge", bridgePath(c.Bridge, ""), nil)
	case callcenter.SendOut:
		return e.sendOut(ctx, c)
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

// play starts a playback on a channel, or in a bridge, unless it is there: Asterisk would play it a second time under the same id.
func (e *executor) play(ctx context.Context, on, playback string, media []string, language string) error {
	err := e.rest.do(ctx, request{what: "find playback", method: http.MethodGet, path: playbackPath(playback), repeatable: true}, nil)
	if codeOf(err) != http.StatusNotFound {
		return err
	}
	query := url.Values{"media": {strings.Join(e.uris(media), ",")}}
	if language != "" {
		query.Set("lang", language)
	}
	return e.rest.do(ctx, request{what: "play", method: http.MethodPost, path: on + "/play/" + url.PathEscape(playback), query: query}, nil)
}

// uris are media as Asterisk knows them. Of a path Asterisk looks for the language just before the last name (main/file.c,
// fileexists_test): /prompts/greeting is /prompts/ru/greeting.wav to a Russian caller.
func (e *executor) uris(media []string) []string {
	out := slices.Clone(media)
	for i, m := range out {
		if id, ok := ivr.PromptOf(m); ok {
			out[i] = "sound:" + e.prompts + "/" + id
		}
	}
	return out
}

// stopPlay ends a playback and waits until it is gone: until then Asterisk lets requests on its channel wait. What it says
// by itself, digits: and number:, it doesn't stop (500, playback_stop in res/res_stasis_playback.c): that comes to its end, and
// the sound behind it is stopped.
func (e *executor) stopPlay(ctx context.Context, c callcenter.StopPlay) error {
	ctx, cancel := context.WithTimeout(ctx, e.rest.timeout)
	defer cancel()
	for wait := time.Millisecond; ; wait *= 2 {
		if err := done(e.remove(ctx, "stop playback", playbackPath(c.Playback), nil), http.StatusInternalServerError); err != nil {
			return err
		}
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

// ring makes a leg and dials it. Between the two the leg must have entered the application: until then Asterisk refuses the
// dial. A leg that was made before is left alone, as Asterisk hangs up what is dialled twice.
func (e *executor) ring(ctx context.Context, c callcenter.Ring) error {
	made := e.legs.begin(c.Channel)
	if made == nil {
		return nil
	}
	err := e.createLeg(ctx, c)
	if err == nil {
		err = e.awaitEntry(ctx, c.Channel, made)
	}
	if err == nil {
		seconds := int(max(c.Timeout+time.Second-1, time.Second) / time.Second)
		// A dial without an answer may have taken effect, so it isn't repeated.
		err = e.rest.do(ctx, request{what: "dial", method: http.MethodPost, path: channelPath(c.Channel, "/dial"),
			query: url.Values{"timeout": {strconv.Itoa(seconds)}}}, nil)
	}
	e.legs.made(c.Channel, err != nil)
	return err
}

// createLeg makes a channel that isn't dialled yet. What the agent's phone shows is the leg's connected line; it is set
// together with the language before the channel enters the application.
func (e *executor) createLeg(ctx context.Context, c callcenter.Ring) error {
	query := url.Values{"endpoint": {c.Endpoint}, "app": {e.app}, "appArgs": {"leg," + c.Contact}, "channelId": {c.Channel}}
	if c.Originator != "" {
		query.Set("originator", c.Originator)
	}
	name, number := splitCallerID(c.CallerID)
	variables := map[string]string{"CONNECTEDLINE(name,i)": name, "CONNECTEDLINE(num)": number}
	if strings.HasPrefix(c.Endpoint, "PJSIP/") {
		variables[transferHandling] = "ari-only"
	}
	if c.Language != "" {
		variables["CHANNEL(language)"] = c.Language
	}
	if c.AutoAnswer { // some phones know the one header, some the other
		variables["PJSIP_HEADER(add,Call-Info)"] = "<sip:firstline.invalid>;answer-after=0"
		variables["PJSIP_HEADER(add,Alert-Info)"] = "<sip:firstline.invalid>;info=alert-autoanswer"
	}
	err := e.rest.do(ctx, request{what: "create leg", method: http.MethodPost, path: "/channels/create", query: query,
		body: map[string]any{"variables": variables}, repeatable: true}, nil)
	return done(err, http.StatusConflict)
}

// awaitEntry waits until the leg is in the application.
func (e *executor) awaitEntry(ctx context.Context, id string, made *leg) error {
	limit := time.NewTimer(e.rest.timeout)
	defer limit.Stop()
	select {
	case <-made.settled:
	case <-limit.C:
	case <-ctx.Done():
	}
	if !e.legs.hasEntered(made) {
		return fmt.Errorf("ring %s: the leg did not enter the application", id)
	}
	return nil
}

// splitCallerID takes "Name <number>" apart; a text without brackets is a number.
func splitCallerID(id string) (name, number string) {
	before, after, found := strings.Cut(id, "<")
	if !found {
		return "", strings.TrimSpace(id)
	}
	return strings.Trim(before, " \""), strings.TrimSuffix(strings.TrimSpace(after), ">")
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

// transferHandling is the dialplan function that leaves a phone's request to transfer to us: by itself Asterisk would carry it
// out under our hands.
const transferHandling = "PJSIP_TRANSFER_HANDLING()"

// removeFromBridge takes channels out, each by itself: that one is not in it is no reason to leave the others there.
func (e *executor) removeFromBridge(ctx context.Context, c callcenter.RemoveFromBridge) error {
	var failed error
	for _, id := range c.Channels {
		err := e.post(ctx, "remove from bridge", bridgePath(c.Bridge, "/removeChannel"), url.Values{"channel": {id}})
		if err = done(err, http.StatusUnprocessableEntity, http.StatusNotFound, http.StatusBadRequest); err != nil {
			failed = err
		}
	}
	return failed
}

// snoop makes a channel that hears both ways of another and is heard by that one's phone.
func (e *executor) snoop(ctx context.Context, c callcenter.Snoop) error {
	query := url.Values{"spy": {"both"}, "whisper": {"out"}, "app": {e.app}, "appArgs": {"snoop," + c.Contact}}
	return e.makeOnce(ctx, "find snoop", channelPath(c.Snoop, ""), request{what: "snoop",
		path: channelPath(c.Channel, "/snoop/"+url.PathEscape(c.Snoop)), query: query})
}

// mute has nobody hear what a phone says, or again.
func (e *executor) mute(ctx context.Context, c callcenter.Mute) error {
	if c.On {
		return e.post(ctx, "mute", channelPath(c.Channel, "/mute"), url.Values{"direction": {"in"}})
	}
	return e.remove(ctx, "unmute", channelPath(c.Channel, "/mute"), url.Values{"direction": {"in"}})
}

// answerTransfer tells a phone what became of the transfer it asked for.
func (e *executor) answerTransfer(ctx context.Context, c callcenter.AnswerTransfer) error {
	state := "channel_declined"
	if c.Done {
		state = "channel_answered"
	}
	return e.post(ctx, "answer transfer", channelPath(c.Channel, "/transfer_progress"), url.Values{"states": {state}})
}

// Where the dialplan takes over a caller who is sent on, and the variable that says where to.
const (
	outContext  = "firstline-out"
	outVariable = "FIRSTLINE_OUT"
)

// sendOut gives a caller to the dialplan, which calls the endpoint for him. Who is in the dialplan already has gone (409).
func (e *executor) sendOut(ctx context.Context, c callcenter.SendOut) error {
	if err := e.rest.setVariable(ctx, "send out", c.Channel, outVariable, c.Endpoint); err != nil {
		return done(err, http.StatusConflict)
	}
	if c.CallerID != "" {
		if err := e.rest.setVariable(ctx, "send out", c.Channel, "CALLERID(all)", c.CallerID); err != nil {
			return done(err, http.StatusConflict)
		}
	}
	query := url.Values{"context": {outContext}, "extension": {"s"}, "priority": {"1"}}
	return done(e.post(ctx, "send out", channelPath(c.Channel, "/continue"), query), http.StatusConflict)
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
