using System.Runtime.InteropServices;
using StorageEngines.TarRsync.Manifests;

namespace StorageEngines.TarRsync.Reading;

/// <summary>
/// Names that went and names that came, kept until the end of the merge so that renames can be told. Bounded: what does not fit is told as removed and
/// added, which is true as well, only less to the point.
/// </summary>
internal sealed class RenameCandidates(long budgetBytes)
{
    private const int Overhead = 400;

    // Plain loops and plain keys: others have to be compiled anew for these types at every start. Whether the devices are the same is looked at in the list.
    private readonly Dictionary<ulong, List<int>> _byFile = [];
    private readonly List<ManifestEntry> _gone = [];
    private readonly List<ManifestEntry> _came = [];
    private bool[] _taken = [];
    private int[] _oldNames = [];
    private long _bytes;

    /// <summary>Keeps a name of the base that has no counterpart; false if there is no room.</summary>
    internal bool TryAddGone(in ManifestEntry entry)
    {
        if (!TryKeep(in entry, out ManifestEntry kept))
            return false;
        if (!_byFile.TryGetValue(kept.Inode, out List<int>? names))
            _byFile.Add(kept.Inode, names = new List<int>(1));
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
        _taken = new bool[_gone.Count];
        _oldNames = new int[_came.Count];
        for (int i = 0; i < _came.Count; i++)
            _oldNames[i] = TakeOldName(in Came(i));
    }

    /// <summary>How many names came; each is one of the numbers below it.</summary>
    internal int CountCame => _came.Count;

    /// <summary>The new name of a number.</summary>
    internal ref readonly ManifestEntry Came(int number) => ref CollectionsMarshal.AsSpan(_came)[number];

    /// <summary>What a name was renamed from.</summary>
    /// <param name="number">The new name's number.</param>
    /// <param name="was">The old name.</param>
    /// <returns>False if it is new.</returns>
    internal bool TryGetOld(int number, out ManifestEntry was)
    {
        int old = _oldNames[number];
        was = old < 0 ? default : _gone[old];
        return old >= 0;
    }

    /// <summary>What was under a new name and is gone; to be asked for once, for the names that were renamed first.</summary>
    internal bool TryTakeOver(int number, out ManifestEntry over)
    {
        int gone = FindGone(Came(number).Path.Span);
        bool found = gone >= 0 && !_taken[gone];
        over = found ? _gone[gone] : default;
        if (found)
            _taken[gone] = true;
        return found;
    }

    /// <summary>The names that are gone and have nothing in their place, in tree order. To be asked for last.</summary>
    internal IEnumerable<int> Gone()
    {
        for (int i = 0; i < _gone.Count; i++)
        {
            if (!_taken[i])
                yield return i;
        }
    }

    /// <summary>A name that is gone.</summary>
    internal ref readonly ManifestEntry Gone(int number) => ref CollectionsMarshal.AsSpan(_gone)[number];

    private int TakeOldName(in ManifestEntry came)
    {
        if (!_byFile.TryGetValue(came.Inode, out List<int>? names))
            return -1;
        for (int i = 0; i < names.Count; i++)
        {
            int index = names[i];
            ref readonly ManifestEntry was = ref Gone(index);
            if (was.Path.Span.SequenceEqual(came.Path.Span) || !EntryComparison.IsRename(in was, in came))
                continue;
            _taken[index] = true;
            names.RemoveAt(i);
            return index;
        }
        return -1;
    }

    // Names go in tree order.
    private int FindGone(ReadOnlySpan<byte> path)
    {
        int low = 0;
        int high = _gone.Count - 1;
        while (low <= high)
        {
            int middle = low + ((high - low) / 2);
            int order = TreeOrder.Compare(Gone(middle).Path.Span, path);
            if (order == 0)
                return middle;
            if (order < 0)
                low = middle + 1;
            else
                high = middle - 1;
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
}
