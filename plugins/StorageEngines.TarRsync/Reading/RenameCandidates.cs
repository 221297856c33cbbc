using StorageEngines.TarRsync.Manifests;

namespace StorageEngines.TarRsync.Reading;

/// <summary>
/// Names that went and names that came, kept until the end of the merge so that renames can be told. Bounded: what does not fit is told as removed and
/// added, which is true as well, only less to the point.
/// </summary>
internal sealed class RenameCandidates(long budgetBytes)
{
    private const int Overhead = 400;

    private readonly Dictionary<(ulong Inode, uint Major, uint Minor), List<int>> _byFile = [];
    private readonly List<ManifestEntry> _gone = [];
    private readonly List<ManifestEntry> _came = [];
    private readonly HashSet<int> _used = [];
    private long _bytes;

    /// <summary>Keeps a name of the base that has no counterpart; false if there is no room.</summary>
    internal bool TryAddGone(in ManifestEntry entry)
    {
        if (!TryKeep(in entry, out ManifestEntry kept))
            return false;
        (ulong, uint, uint) key = Key(in kept);
        if (!_byFile.TryGetValue(key, out List<int>? names))
            _byFile.Add(key, names = new List<int>(1));
        names.Add(_gone.Count);
        _gone.Add(kept);
        return true;
    }

    /// <summary>Keeps a name of the target that has no counterpart; false if there is no room.</summary>
    internal bool TryAddCame(in ManifestEntry entry)
    {
        if (!TryKeep(in entry, out ManifestEntry kept))
            return false;
        _came.Add(kept);
        return true;
    }

    /// <summary>Room for both names of a path that holds another file now.</summary>
    internal bool HasRoomFor(in ManifestEntry a, in ManifestEntry b) => _bytes + Cost(in a) + Cost(in b) <= budgetBytes;

    /// <summary>The names that came, in tree order, each with the name it had if it was renamed.</summary>
    internal IEnumerable<(ManifestEntry Came, ManifestEntry? Was)> Matches()
    {
        foreach (ManifestEntry came in _came)
            yield return (came, TakeOldName(in came));
    }

    /// <summary>The names that went and were not taken by <see cref="Matches"/>, in tree order.</summary>
    internal IEnumerable<ManifestEntry> Left() => _gone.Where((_, i) => !_used.Contains(i));

    private ManifestEntry? TakeOldName(in ManifestEntry came)
    {
        if (!_byFile.TryGetValue(Key(in came), out List<int>? names))
            return null;
        for (int i = 0; i < names.Count; i++)
        {
            ManifestEntry was = _gone[names[i]];
            if (was.Path.Span.SequenceEqual(came.Path.Span) || !EntryComparison.IsRename(in was, in came))
                continue;
            _used.Add(names[i]);
            names.RemoveAt(i);
            return was;
        }
        return null;
    }

    // The copy holds nothing of the reader's frame, which would stay in memory as a whole.
    private bool TryKeep(in ManifestEntry entry, out ManifestEntry kept)
    {
        kept = entry;
        _bytes += Cost(in entry);
        if (_bytes > budgetBytes)
        {
            _bytes -= Cost(in entry);
            return false;
        }
        kept.Path = entry.Path.ToArray();
        kept.LinkTarget = entry.LinkTarget.ToArray();
        kept.Content = new FileContent(entry.Content.Encoded.ToArray(), entry.Content.Owner);
        kept.Attributes = entry.Attributes?.Select(a => new ExtendedAttribute(a.Name.ToArray(), a.Value.ToArray())).ToArray();
        return true;
    }

    private static long Cost(in ManifestEntry entry) => Overhead + entry.Path.Length + entry.LinkTarget.Length + entry.Content.Encoded.Length
        + (entry.Attributes?.Sum(a => (long)a.Name.Length + a.Value.Length + Overhead) ?? 0);

    private static (ulong Inode, uint Major, uint Minor) Key(in ManifestEntry entry) => (entry.Inode, entry.DeviceMajor, entry.DeviceMinor);
}
