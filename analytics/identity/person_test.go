package identity

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func TestPersonOfClaims(t *testing.T) {
	keycloak := Claims{Name: "preferred_username", Label: "name", Groups: "realm_access.roles", Agent: "agent"}
	for _, c := range []struct {
		name   string
		claims Claims
		said   string
		want   Person
		err    string
	}{
		{"roles of a realm", keycloak, `{"preferred_username":"kim","name":"Kim Fox","realm_access":{"roles":["leads","default-roles-staff"]},"agent":"anna"}`,
			Person{Name: "kim", Label: "Kim Fox", Groups: []string{"leads", "default-roles-staff"}, Agent: "anna"}, ""},
		{"no label, no groups, a number", keycloak, `{"preferred_username":"kim","realm_access":"x","agent":1001}`, Person{Name: "kim", Label: "kim", Groups: []string{}, Agent: "1001"}, ""},
		{"a claim that is an address", Claims{Name: "email", Label: "name", Groups: "https://acme.example/groups"}, `{"email":"kim@acme.example","email_verified":true,"https://acme.example/groups":["a",7,"b"]}`,
			Person{Name: "kim@acme.example", Label: "kim@acme.example", Groups: []string{"a", "b"}}, ""},
		{"one group as a text", Claims{Name: "sub", Label: "name", Groups: "group"}, `{"sub":"1","group":"a b"}`, Person{Name: "1", Label: "1", Groups: []string{"a b"}}, ""},
		{"no name", keycloak, `{"name":"Kim"}`, Person{}, "it says no preferred_username"},
		{"a name that is none", keycloak, `{"preferred_username":["kim"]}`, Person{}, "it says no preferred_username"},
		{"an address that nobody looked at", Claims{Name: "email", Groups: "groups"}, `{"email":"boss@acme.example","email_verified":false}`, Person{}, "not verified"},
		{"an agent by such an address", Claims{Name: "sub", Groups: "groups", Agent: "email"}, `{"sub":"1","email":"anna","email_verified":false}`, Person{}, "not verified"},
		{"groups left out", Claims{Name: "sub", Groups: "groups"}, `{"sub":"1","_claim_names":{"groups":"src1"}}`, Person{}, "so many groups"},
	} {
		var said claims
		if err := json.Unmarshal([]byte(c.said), &said); err != nil {
			t.Fatal(err)
		}
		got, err := c.claims.person(said)
		if !reflect.DeepEqual(got, c.want) || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %+v, %v", c.name, got, err)
		}
	}
}
