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
    private readonly Dictionary<BytePath, int> _left = [];
    private int[] _oldNames = [];
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

    /// <summary>Tells which names came from which; to be called once, when all are known.</summary>
    internal void Match()
    {
        var used = new bool[_gone.Count];
        _oldNames = new int[_came.Count];
        for (int i = 0; i < _came.Count; i++)
            _oldNames[i] = TakeOldName(_came[i], used);
        for (int i = 0; i < _gone.Count; i++)
        {
            if (!used[i])
                _left.Add(new BytePath(_gone[i].Path), i);
        }
    }

    /// <summary>The names that were renamed, in tree order, each with the old one and with what was under the new one and is gone.</summary>
    internal IEnumerable<(ManifestEntry Came, ManifestEntry Was, ManifestEntry? Over)> Renames()
        => Came(renamed: true).Select(i => (_came[i], _gone[_oldNames[i]], TakeLeft(_came[i])));

    /// <summary>The names that are new, in tree order, each with what was under it and is gone. To be asked for after the renames.</summary>
    internal IEnumerable<(ManifestEntry Came, ManifestEntry? Over)> Fresh() => Came(renamed: false).Select(i => (_came[i], TakeLeft(_came[i])));

    /// <summary>The names that are gone and have nothing in their place, in tree order. To be asked for last.</summary>
    internal IEnumerable<ManifestEntry> Gone() => _left.Values.Order().Select(i => _gone[i]);

    private IEnumerable<int> Came(bool renamed) => Enumerable.Range(0, _came.Count).Where(i => _oldNames[i] >= 0 == renamed);

    private ManifestEntry? TakeLeft(ManifestEntry came) => _left.Remove(new BytePath(came.Path), out int gone) ? _gone[gone] : null;

    private int TakeOldName(ManifestEntry came, bool[] used)
    {
        if (!_byFile.TryGetValue(Key(in came), out List<int>? names))
            return -1;
        for (int i = 0; i < names.Count; i++)
        {
            int index = names[i];
            ManifestEntry was = _gone[index];
            if (was.Path.Span.SequenceEqual(came.Path.Span) || !EntryComparison.IsRename(in was, in came))
                continue;
            used[index] = true;
            names.RemoveAt(i);
            return index;
        }
        return -1;
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
