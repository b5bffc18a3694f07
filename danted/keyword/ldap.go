package keyword

// ldapRows are the keywords of LDAP group checks (Dante's README.ldap); no build of this server has them.
var ldapRows = []Row{
	ldap(LDAPBaseDN, "ldap.basedn", LDAPText, "dc=example,dc=com",
		"Where in the directory to look for users."),
	ldap(LDAPBaseDNHex, "ldap.basedn.hex", LDAPText, "dc=example,dc=com",
		"Where in the directory to look for users, with some characters in hexadecimal."),
	ldap(LDAPBaseDNHexAll, "ldap.basedn.hex.all", LDAPText, "6463",
		"Where in the directory to look for users, with all characters in hexadecimal."),
	ldap(LDAPPort, "ldap.port", Number, "389",
		"The port of LDAP servers."),
	ldap(LDAPPortSSL, "ldap.port.ssl", Number, "636",
		"The port of LDAP servers with TLS."),
	ldap(LDAPURLName, "ldap.url", LDAPURL, "ldap://ldap.example.com",
		"An LDAP server to ask, as a URL."),
	ldap(LDAPCertFile, "ldap.certfile", LDAPFile, "/etc/ssl/ca.pem",
		"The file of certificates to trust."),
	ldap(LDAPCertPath, "ldap.certpath", LDAPFile, "/etc/ssl/certs",
		"The folder of certificates to trust."),
	ldap(LDAPDomain, "ldap.domain", LDAPText, "EXAMPLE.COM",
		"The domain of users who come without one."),
	ldap(LDAPDebug, "ldap.debug", SignedNumber, "1",
		"How much the LDAP library logs; it can be negative."),
	ldap(LDAPMDepth, "ldap.mdepth", Number, "0",
		"How deep groups within groups are followed."),
	ldap(LDAPSSL, "ldap.ssl", Switch, "yes",
		"Whether to speak TLS with LDAP servers."),
	ldap(LDAPAutoOff, "ldap.auto.off", Switch, "yes",
		"Whether not to look for LDAP servers in the DNS."),
	ldap(LDAPCertCheck, "ldap.certcheck", Switch, "yes",
		"Whether to check the certificates of LDAP servers."),
	ldap(LDAPKeepRealm, "ldap.keeprealm", Switch, "yes",
		"Whether to keep the realm at the end of user names."),
	ldap(LDAPFilter, "ldap.filter", LDAPText, "(memberuid=%s)",
		"The filter that finds a user."),
	ldap(LDAPFilterAD, "ldap.filter.ad", LDAPText, "(sAMAccountName=%s)",
		"The filter that finds a user in Active Directory."),
	ldap(LDAPFilterHex, "ldap.filter.hex", LDAPText, "286d656d626572",
		"The filter that finds a user, in hexadecimal."),
	ldap(LDAPFilterADHex, "ldap.filter.ad.hex", LDAPText, "2873414d",
		"The filter that finds a user in Active Directory, in hexadecimal."),
	ldap(LDAPAttribute, "ldap.attribute", LDAPText, "cn",
		"The attribute that names a group."),
	ldap(LDAPAttributeAD, "ldap.attribute.ad", LDAPText, "memberof",
		"The attribute that names a group in Active Directory."),
	ldap(LDAPAttributeHex, "ldap.attribute.hex", LDAPText, "636e",
		"The attribute that names a group, in hexadecimal."),
	ldap(LDAPAttributeADHex, "ldap.attribute.ad.hex", LDAPText, "6d65",
		"The attribute that names a group in Active Directory, in hexadecimal."),
	ldap(LDAPServer, "ldap.server", LDAPText, "EXAMPLE@ldap.example.com",
		"The LDAP server of a domain."),
	ldap(LDAPGroup, "ldap.group", LDAPText, "staff@EXAMPLE.COM",
		"A group in the directory that the client must be in."),
	ldap(LDAPGroupHex, "ldap.group.hex", LDAPText, "7374616666",
		"A group that the client must be in, with some characters in hexadecimal."),
	ldap(LDAPGroupHexAll, "ldap.group.hex.all", LDAPText, "7374616666",
		"A group that the client must be in, with all characters in hexadecimal."),
	ldap(LDAPKeytabName, "ldap.keytab", LDAPKeytab, "FILE:/etc/sockd.keytab",
		"The file of Kerberos keys to log in to LDAP servers with."),
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

// laterRows are the keywords of LDAP that came with later releases of Dante.
var laterRows = []Row{
	later(LDAPAuthBaseDN, "ldap.auth.basedn", "1.4.3", LDAPText, "dc=example,dc=com",
		"Like ldap.basedn, for the method ldapauth."),
	later(LDAPAuthBaseDNHex, "ldap.auth.basedn.hex", "1.4.3", LDAPText, "dc=example,dc=com",
		"Like ldap.basedn.hex, for the method ldapauth."),
	later(LDAPAuthBaseDNHexAll, "ldap.auth.basedn.hex.all", "1.4.3", LDAPText, "6463",
		"Like ldap.basedn.hex.all, for the method ldapauth."),
	later(LDAPAuthPort, "ldap.auth.port", "1.4.3", Number, "389",
		"Like ldap.port, for the method ldapauth."),
	later(LDAPAuthPortSSL, "ldap.auth.port.ssl", "1.4.3", Number, "636",
		"Like ldap.port.ssl, for the method ldapauth."),
	later(LDAPAuthURL, "ldap.auth.url", "1.4.3", LDAPURL, "ldap://ldap.example.com",
		"Like ldap.url, for the method ldapauth."),
	later(LDAPAuthCertFile, "ldap.auth.certfile", "1.4.3", LDAPFile, "/etc/ssl/ca.pem",
		"Like ldap.certfile, for the method ldapauth."),
	later(LDAPAuthCertPath, "ldap.auth.certpath", "1.4.3", LDAPFile, "/etc/ssl/certs",
		"Like ldap.certpath, for the method ldapauth."),
	later(LDAPAuthDomain, "ldap.auth.domain", "1.4.3", LDAPText, "EXAMPLE.COM",
		"Like ldap.domain, for the method ldapauth."),
	later(LDAPAuthDebug, "ldap.auth.debug", "1.4.3", SignedNumber, "1",
		"Like ldap.debug, for the method ldapauth."),
	later(LDAPAuthSSL, "ldap.auth.ssl", "1.4.3", Switch, "yes",
		"Like ldap.ssl, for the method ldapauth."),
	later(LDAPAuthAutoOff, "ldap.auth.auto.off", "1.4.3", Switch, "yes",
		"Like ldap.auto.off, for the method ldapauth."),
	later(LDAPAuthCertCheck, "ldap.auth.certcheck", "1.4.3", Switch, "yes",
		"Like ldap.certcheck, for the method ldapauth."),
	later(LDAPAuthFilter, "ldap.auth.filter", "1.4.3", LDAPText, "(memberuid=%s)",
		"Like ldap.filter, for the method ldapauth."),
	later(LDAPAuthServer, "ldap.auth.server", "1.4.3", LDAPText, "EXAMPLE@ldap.example.com",
		"Like ldap.server, for the method ldapauth."),
	later(LDAPAuthKeytab, "ldap.auth.keytab", "1.4.3", LDAPKeytab, "FILE:/etc/sockd.keytab",
		"Like ldap.keytab, for the method ldapauth."),
	later(LDAPAuthKeepRealm, "ldap.auth.keeprealm", "1.4.4", Switch, "yes",
		"Like ldap.keeprealm, for the method ldapauth."),
	later(PACSid, "pac.sid", "1.4.3", LDAPText, "S-1-5-21-1-2-3-513",
		"A group in the client's Kerberos ticket, as a security identifier."),
	later(PACSidB64, "pac.sid.b64", "1.4.3", LDAPText, "AQUAAAAAAAUVAAAA",
		"A group in the client's Kerberos ticket, as a security identifier in base64."),
	later(PACOff, "pac.off", "1.4.3", Switch, "yes",
		"Whether not to look at the groups in Kerberos tickets."),
}

func later(id ID, name, since string, shape Shape, value, doc string) Row {
	r := ldap(id, name, shape, value, doc)
	r.Since = since
	return r
}
