package asterisk

import "errors"

// errNoWebsocket: REST answers, so Asterisk runs, but its half of the link is missing.
var errNoWebsocket = errors.New("its websocket is missing: look at websocket_client.conf and ari.conf, `firstline doctor` helps")

// noteLink tells when Asterisk is missing and when it is back; asked is what the last question to it gave.
func (a *Adapter) noteLink(asked error) {
	switch {
	case asked != nil:
		a.metrics.pollErrors.Inc()
		if told := a.absent.Failed(asked); told != nil {
			a.log.Warn("asterisk is not reached, no calls are served until it answers", append(told, "url", a.cfg.URL)...)
		}
	case !a.linked():
		a.metrics.unconnected.Inc()
		if told := a.absent.Failed(errNoWebsocket); told != nil {
			a.log.Warn("asterisk answers but has not connected, no calls are served until it does", append(told, "listen", a.cfg.Listen)...)
		}
	default:
		if told := a.absent.Over(); told != nil {
			a.log.Info("asterisk is there again, calls are served", told...)
		}
	}
}
