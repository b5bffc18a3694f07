package keyword

// ldapRows are the keywords of LDAP group checks (Dante's README.ldap); no build of this server has them.
var ldapRows = []Row{
	ldap(LDAPBaseDN, "ldap.basedn", LDAPText, "dc=example,dc=com", "base of the search"),
	ldap(LDAPBaseDNHex, "ldap.basedn.hex", LDAPText, "dc=example,dc=com", "base of the search, partly hexadecimal"),
	ldap(LDAPBaseDNHexAll, "ldap.basedn.hex.all", LDAPText, "6463", "base of the search, all hexadecimal"),
	ldap(LDAPPort, "ldap.port", Number, "389", "port of the server"),
	ldap(LDAPPortSSL, "ldap.port.ssl", Number, "636", "port of the server with TLS"),
	ldap(LDAPURLName, "ldap.url", LDAPURL, "ldap://ldap.example.com", "URL of the server"),
	ldap(LDAPCertFile, "ldap.certfile", LDAPFile, "/etc/ssl/ca.pem", "certificates to trust"),
	ldap(LDAPCertPath, "ldap.certpath", LDAPFile, "/etc/ssl/certs", "folder of certificates to trust"),
	ldap(LDAPDomain, "ldap.domain", LDAPText, "EXAMPLE.COM", "default domain"),
	ldap(LDAPDebug, "ldap.debug", SignedNumber, "1", "debug level of the library"),
	ldap(LDAPMDepth, "ldap.mdepth", Number, "0", "depth of nested groups"),
	ldap(LDAPSSL, "ldap.ssl", Switch, "yes", "use TLS"),
	ldap(LDAPAutoOff, "ldap.auto.off", Switch, "yes", "do not look for servers in the DNS"),
	ldap(LDAPCertCheck, "ldap.certcheck", Switch, "yes", "check certificates"),
	ldap(LDAPKeepRealm, "ldap.keeprealm", Switch, "yes", "keep the realm of user names"),
	ldap(LDAPFilter, "ldap.filter", LDAPText, "(memberuid=%s)", "search filter"),
	ldap(LDAPFilterAD, "ldap.filter.ad", LDAPText, "(sAMAccountName=%s)", "search filter for Active Directory"),
	ldap(LDAPFilterHex, "ldap.filter.hex", LDAPText, "286d656d626572", "search filter, hexadecimal"),
	ldap(LDAPFilterADHex, "ldap.filter.ad.hex", LDAPText, "2873414d", "search filter for Active Directory, hexadecimal"),
	ldap(LDAPAttribute, "ldap.attribute", LDAPText, "cn", "attribute with the group"),
	ldap(LDAPAttributeAD, "ldap.attribute.ad", LDAPText, "memberof", "attribute with the group in Active Directory"),
	ldap(LDAPAttributeHex, "ldap.attribute.hex", LDAPText, "636e", "attribute with the group, hexadecimal"),
	ldap(LDAPAttributeADHex, "ldap.attribute.ad.hex", LDAPText, "6d65", "attribute for Active Directory, hexadecimal"),
	ldap(LDAPServer, "ldap.server", LDAPText, "EXAMPLE@ldap.example.com", "servers of a domain"),
	ldap(LDAPGroup, "ldap.group", LDAPText, "staff@EXAMPLE.COM", "group the client must be in"),
	ldap(LDAPGroupHex, "ldap.group.hex", LDAPText, "7374616666", "group, partly hexadecimal"),
	ldap(LDAPGroupHexAll, "ldap.group.hex.all", LDAPText, "7374616666", "group, all hexadecimal"),
	ldap(LDAPKeytabName, "ldap.keytab", LDAPKeytab, "FILE:/etc/sockd.keytab", "keytab to authenticate with"),
}

func ldap(id ID, name string, shape Shape, value, doc string) Row {
	r := Row{
		ID: id, Name: name, Where: SocksRule, Shape: shape, Many: Append, Needs: LDAP, Status: Refused,
		Doc: doc, Example: name + ": " + value,
	}
	if shape == Switch {
		r.Words = yesNo
	}
	return r
}

// laterRows are the keywords of later releases of Dante.
var laterRows = []Row{
	later(LDAPAuthBaseDN, "ldap.auth.basedn", "1.4.3"),
	later(LDAPAuthBaseDNHex, "ldap.auth.basedn.hex", "1.4.3"),
	later(LDAPAuthBaseDNHexAll, "ldap.auth.basedn.hex.all", "1.4.3"),
	later(LDAPAuthPort, "ldap.auth.port", "1.4.3"),
	later(LDAPAuthPortSSL, "ldap.auth.port.ssl", "1.4.3"),
	later(LDAPAuthURL, "ldap.auth.url", "1.4.3"),
	later(LDAPAuthCertFile, "ldap.auth.certfile", "1.4.3"),
	later(LDAPAuthCertPath, "ldap.auth.certpath", "1.4.3"),
	later(LDAPAuthDomain, "ldap.auth.domain", "1.4.3"),
	later(LDAPAuthDebug, "ldap.auth.debug", "1.4.3"),
	later(LDAPAuthSSL, "ldap.auth.ssl", "1.4.3"),
	later(LDAPAuthAutoOff, "ldap.auth.auto.off", "1.4.3"),
	later(LDAPAuthCertCheck, "ldap.auth.certcheck", "1.4.3"),
	later(LDAPAuthFilter, "ldap.auth.filter", "1.4.3"),
	later(LDAPAuthServer, "ldap.auth.server", "1.4.3"),
	later(LDAPAuthKeytab, "ldap.auth.keytab", "1.4.3"),
	later(LDAPAuthKeepRealm, "ldap.auth.keeprealm", "1.4.4"),
	later(PACSid, "pac.sid", "1.4.3"),
	later(PACSidB64, "pac.sid.b64", "1.4.3"),
	later(PACOff, "pac.off", "1.4.3"),
}

func later(id ID, name, since string) Row {
	return Row{
		ID: id, Name: name, Where: SocksRule, Shape: Later, Many: Append, Status: Refused, Note: laterNote, Since: since,
		Doc: "LDAP authentication and Kerberos groups", Example: name + ": x",
	}
}
