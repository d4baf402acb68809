package api

import (
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// Scope is something that an API key may do: a closed list.
type Scope string

const (
	ScopeMetrics    Scope = "metrics.read"
	ScopeContacts   Scope = "contacts.read"
	ScopePersonal   Scope = "personal.read"
	ScopeRecordings Scope = "recordings.read"
	ScopeAgents     Scope = "agents.control"
	ScopeCalls      Scope = "calls.control"
	ScopeTickets    Scope = "tickets.write"
	ScopeErase      Scope = "personal.erase"
	ScopeReports    Scope = "reports.write"
	ScopeAdmin      Scope = "admin"
)

// scopes is a set of them, for keys and for the table of routes.
type scopes uint16

const (
	readMetrics  scopes = 1 << iota // figures, wallboards
	readContacts                    // contacts, callers who gave up, callbacks: numbers masked
	readPersonal                    // numbers, names and digits of callers in what the other scopes show
	hear                            // recordings and messages
	controlAgents
	controlCalls
	writeTickets
	erasePersonal // erase callers
	writeReports  // saved reports and alert rules
	administer

	noKey  scopes = 0 // only who signed in
	anyKey        = administer<<1 - 1
)

// allScopes lists them in the order of their bits.
func allScopes() []Scope {
	return []Scope{ScopeMetrics, ScopeContacts, ScopePersonal, ScopeRecordings, ScopeAgents, ScopeCalls, ScopeTickets, ScopeErase, ScopeReports, ScopeAdmin}
}

// scopesOf is the set of a list; names that this version doesn't know allow nothing.
func scopesOf(list []string) scopes {
	var out scopes
	for i, s := range allScopes() {
		for _, name := range list {
			if name == string(s) {
				out |= 1 << i
			}
		}
	}
	return out
}

// list is the set in the order of allScopes; never nil.
func (s scopes) list() []Scope {
	out := []Scope{}
	for i, name := range allScopes() {
		if s&(1<<i) != 0 {
			out = append(out, name)
		}
	}
	return out
}

// describe names the scopes, for the OpenAPI document and for who lacks them.
func (s scopes) describe() string {
	if s == noKey {
		return "Not by API keys."
	}
	if s == anyKey {
		return "API keys: any."
	}
	names := make([]string, 0, len(allScopes()))
	for _, name := range s.list() {
		names = append(names, string(name))
	}
	return "API keys with the scope " + strings.Join(names, " or ") + "."
}

// Schema lists the scopes in the OpenAPI document.
func (Scope) Schema(huma.Registry) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString}
	for _, scope := range allScopes() {
		s.Enum = append(s.Enum, string(scope))
	}
	s.PrecomputeMessages()
	return s
}
