using StorageEngines.Cli.Errors;

namespace StorageEngines.Cli.Volumes;

/// <summary>Reads addresses from the command line; what is wrong with them is an error of usage.</summary>
internal static class Addresses
{
    internal static VolumeAddress Volume(string text) => VolumeAddress.TryParse(text, out VolumeAddress? address)
        ? address
        : throw new UsageException($"'{text}' is not the address of a volume", "use a path, SCHEME:PATH or SCHEME+ssh://USER@HOST/PATH, e.g. tarrsync:/srv/data");

    /// <summary>Reads an address, or gives null.</summary>
    internal static VolumeAddress? TryVolume(string text) => VolumeAddress.TryParse(text, out VolumeAddress? address) ? address : null;

    internal static SnapshotAddress Snapshot(string text)
    {
        if (SnapshotAddress.TryParse(text, out SnapshotAddress? address))
        {
            return address;
        }

        int at = text.LastIndexOf('@');
        throw at > 0 && at < text.Length - 1 && !SnapshotName.IsValid(text[(at + 1)..])
            ? BadName(text[(at + 1)..])
            : new UsageException($"'{text}' is not the address of a snapshot", "use VOLUME@NAME, e.g. /srv/data@monday");
    }

    internal static string Name(string text) => SnapshotName.IsValid(text) ? text : throw BadName(text);

    /// <summary>A path on this machine, made absolute; escapes as printed by this tool are understood.</summary>
    internal static BytePath LocalPath(string text)
    {
        BytePath path = Bytes(text);
        if (path.IsRoot)
        {
            throw new UsageException("an empty path was given", "name a file or directory");
        }

        return path.IsAbsolute ? path : BytePath.FromString(Environment.CurrentDirectory).Append(path);
    }

    /// <summary>A path within a volume.</summary>
    internal static BytePath InVolume(string text)
    {
        BytePath path = Bytes(text);
        return path.IsSafeRelative
            ? path
            : throw new UsageException($"'{text}' is not a path within a volume", "give it relative to the volume's root, without a leading '/', '.' or '..'");
    }

    private static BytePath Bytes(string text)
    {
        try
        {
            return BytePath.Parse(text);
        }
        catch (FormatException error)
        {
            throw new UsageException($"'{text}' is not a path: {error.Message}", @"write a backslash as \\ and a byte as \xNN, as this tool prints them");
        }
    }

    private static UsageException BadName(string name) => new(
        $"'{name}' is not a snapshot name",
        $"use 1 to {SnapshotName.MaxLength} letters, digits, '.', '_', ':' and '-', not beginning with '.' or '-'");
}
