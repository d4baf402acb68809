package asterisk

import (
	"context"
	"net/http"
	"net/url"
)

// unusedEvents are types that nothing is decided by: two in three of all events of a call are variables that were set. They
// cost Asterisk the sending and this process the reading. Types that Asterisk learns in future still come and are counted.
func unusedEvents() []string {
	return []string{"ChannelVarset", "ChannelConnectedLine", "ChannelDialplan", "ChannelCallerId", "ChannelHangupRequest", "Dial",
		"ChannelEnteredBridge", "ChannelLeftBridge", "BridgeCreated", "BridgeDestroyed", "PlaybackStarted"}
}

// filter asks Asterisk to keep the unused events. Asterisk forgets it when it restarts, so it is asked at each connection;
// that it refuses is no harm but for the cost.
func (a *Adapter) filter(ctx context.Context) {
	type one struct {
		Type string `json:"type"`
	}
	var unused []one
	for _, t := range unusedEvents() {
		unused = append(unused, one{t})
	}
	err := a.rest.do(ctx, request{what: "filter events", method: http.MethodPut, path: "/applications/" + url.PathEscape(a.cfg.App) + "/eventFilter",
		body: map[string]any{"disallowed": unused}, repeatable: true}, nil)
	if err != nil && ctx.Err() == nil {
		a.log.Warn("asterisk does not filter events, it sends all of them", "error", err)
	}
}
