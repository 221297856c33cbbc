using StorageEngines.Cli.Errors;

namespace StorageEngines.Cli.Volumes;

/// <summary>Where results may be put.</summary>
internal static class Places
{
    private static ReadOnlySpan<byte> StoreMark => "SENGSTOR "u8;

    /// <summary>Refuses a path within a fallback engine's store: the next command would find a foreign file there.</summary>
    /// <exception cref="UsageException">It is in one.</exception>
    internal static void RequireOutsideOfStores(BytePath path, string verb)
    {
        for (string? at = Path.GetDirectoryName(Path.GetFullPath(path.ToString())); at is not null; at = Path.GetDirectoryName(at))
        {
            if (IsStore(at))
            {
                throw new UsageException($"cannot {verb} '{path}': it lies in the store '{at}', whose files belong to it alone", "choose a place outside of the store");
            }
        }
    }

    /// <summary>Warns if a place lies within the volume that it is restored from.</summary>
    internal static void WarnIfWithin(CliSession session, BytePath path, OpenVolume volume)
    {
        if (Path.GetFullPath(path.ToString()).StartsWith(Path.GetFullPath(volume.Info.Location.ToString()).TrimEnd('/') + "/", StringComparison.Ordinal))
        {
            session.Warn($"'{path}' lies within the volume '{volume.Info.Location}', whose next snapshot will hold it too");
        }
    }

    private static bool IsStore(string directory)
    {
        try
        {
            using FileStream file = File.OpenRead(Path.Combine(directory, "store.json"));
            Span<byte> start = stackalloc byte[StoreMark.Length];
            return file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && start.SequenceEqual(StoreMark);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false; // What cannot be read is not this user's store.
        }
    }
}
