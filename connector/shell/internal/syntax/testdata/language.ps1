<# every construct once #>
#requires -version 2
$sizes = 64KB, 1.5MB, 0x10, 010, -5, 1e3, .5; $none = @(); $one = ,1
$params = @{ Name = 'Relay'; Bindings = "0.0.0.0:25", '[::]:25'
    'quoted key' = if ($x) { 1 } else { 2 }
    10 = Get-ReceiveConnector Relay | Select-Object -First 1
}
New-ReceiveConnector @params -Server $env:SERVER -RemoteIPRanges $(Get-Ranges), (Get-More), @('10.0.0.1') `
    -Comment `"quoted`" -Banner '220 it''s me' -Fqdn mail.$domain -Path C:\"Program Files"\x -Enabled:$true -- # end
foreach ($c in Get-ReceiveConnector |
        where { $_.Name -clike "Default*" -and -not $_.Enabled }) {
    $c.RemoteIPRanges[0..2][-1].ToString().Split('-', 2) | % { "$_ of ${c} costs `$5 $($c.Name.Length)" }
}
if (!$a -and $b -notin 1,2) { Get-A } elseif ($PSItem) { $i++; $i-- } else { [string]$s = [int]"5" + 1 * 2 % 3 }
$n += 1..5; $script:total -= $n.Count / 2; $h.key = $h["a"] = $null
'{0:N1} {1}' -f $a, -join $b -replace 'x', 'y' -split ','
Get-X 2>$null | ?{ $_ -match '^a' } > $null; Get-Y > $null
$here = @"
To: $name <$($user.Mail)>
`$5 "quoted"
"@
$raw = @'
no $expansion `n 'here'
'@
(Get-X).MaxMessageSize.ToMB() -gt 5 | Out-Null
"a"
    | Write-Output
[ordered]@{ a = 1 }
[string[]]('b', 'c')
