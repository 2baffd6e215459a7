New-ReceiveConnector Relay -Usage Custom -Bindings 10.2.3.4:25 -RemoteIPRanges 192.168.5.77/40
Set-ReceiveConnector "Default HubA" -MaxMesageSize 20MB
