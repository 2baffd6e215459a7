# Accepted domains of each type, and what that means for relaying.
#: server EX01.contoso.com
New-AcceptedDomain -Name Fourth -DomainName fourthcoffee.com -DomainType Authoritative
New-AcceptedDomain -Name Partner -DomainName "*.fabrikam.com" -DomainType InternalRelay
New-AcceptedDomain -Name Outside -DomainName tailspin.example -DomainType ExternalRelay
Set-AcceptedDomain Fourth -MakeDefault $true
Get-AcceptedDomain
Remove-AcceptedDomain Fourth
New-SendConnector "To Internet" -AddressSpaces * | Out-Null
New-SendConnector "Inside" -AddressSpaces fourthcoffee.com -SmartHosts 10.0.0.9 -DNSRoutingEnabled $false | Out-Null
#> 203.0.113.5 10.0.0.1:25 a@example.net bob@fourthcoffee.com
#> 203.0.113.5 10.0.0.1:25 a@example.net bob@eu.fabrikam.com
#> 203.0.113.5 10.0.0.1:25 a@example.net bob@fabrikam.com
#> 203.0.113.5 10.0.0.1:25 a@example.net bob@tailspin.example
#> 203.0.113.5 10.0.0.1:25 a@example.net bob@contoso.com
