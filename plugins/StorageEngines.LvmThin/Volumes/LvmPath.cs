using System.Text;

namespace StorageEngines.LvmThin.Volumes;

/// <summary>The ways to write a logical volume: <c>vg/lv</c>, <c>/dev/vg/lv</c>, <c>/dev/mapper/vg-lv</c>; and the device mapper's name of one.</summary>
internal static class LvmPath
{
    /// <summary>Takes a location apart.</summary>
    /// <param name="location">The location.</param>
    /// <param name="group">The volume group.</param>
    /// <param name="name">The volume.</param>
    /// <returns>False if it is not of one of the forms.</returns>
    internal static bool TryParse(BytePath location, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out string? group, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out string? name)
    {
        string text = Encoding.Latin1.GetString(location.Span);
        const string Mapper = "/dev/mapper/", Devices = "/dev/";
        if (text.StartsWith(Mapper, StringComparison.Ordinal))
        {
            return TrySplitDevice(text[Mapper.Length..], out group, out name);
        }

        string[] parts = (text.StartsWith(Devices, StringComparison.Ordinal) ? text[Devices.Length..] : text.TrimStart('/')).Split('/');
        (group, name) = parts.Length == 2 ? (parts[0], parts[1]) : (null, null);
        return parts.Length == 2 && IsName(parts[0]) && IsName(parts[1]);
    }

    /// <summary>Whether it is a name that LVM takes: letters, digits, <c>+ _ . -</c>, not beginning with a hyphen, and not <c>.</c> or <c>..</c>.</summary>
    internal static bool IsName(string name)
        => name.Length is > 0 and <= 127 && name[0] != '-' && name is not ("." or "..") && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '+' or '_' or '.' or '-');

    /// <summary>The device mapper's name: hyphens of both names are doubled.</summary>
    /// <param name="group">The volume group.</param>
    /// <param name="name">The volume.</param>
    /// <param name="layer">What stands between, e.g. <c>-tpool</c>. Default: nothing.</param>
    internal static string Device(string group, string name, string layer = "")
        => $"{group.Replace("-", "--", StringComparison.Ordinal)}-{name.Replace("-", "--", StringComparison.Ordinal)}{layer}";

    private static bool TrySplitDevice(string device, out string? group, out string? name)
    {
        (group, name) = (null, null);
        for (int i = 1; i < device.Length - 1; i++)
        {
            if (device[i] != '-')
            {
                continue;
            }

            if (device[i + 1] == '-')
            {
                i++;
                continue;
            }

            (group, name) = (device[..i].Replace("--", "-", StringComparison.Ordinal), device[(i + 1)..].Replace("--", "-", StringComparison.Ordinal));
            return IsName(group) && IsName(name);
        }

        return false;
    }
}
