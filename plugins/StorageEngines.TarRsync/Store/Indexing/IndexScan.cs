namespace StorageEngines.TarRsync.Store.Indexing;

/// <summary>All entries of several segments in ascending order of their keys, without those of packs that are gone. Holds one page of each.</summary>
internal sealed class IndexScan
{
    private readonly IReadOnlyList<IndexPart> _parts;
    private readonly IndexCursor[] _cursors;
    private readonly bool[] _alive;

    internal IndexScan(IReadOnlyList<IndexPart> parts)
    {
        _parts = parts;
        _cursors = [.. parts.Select(_ => new IndexCursor { IsScan = true })];
        _alive = [.. parts.Select((_, i) => Step(i))];
        Source = -1;
    }

    /// <summary>The segment that the entry is from.</summary>
    internal int Source { get; private set; }

    /// <summary>The entry, with the number of its pack among all.</summary>
    internal IndexEntry Current { get; private set; }

    /// <summary>Its place in the segment.</summary>
    internal long Place { get; private set; }

    /// <summary>Goes to the next entry.</summary>
    /// <returns>False at the end.</returns>
    /// <exception cref="CorruptDataException">A page is damaged.</exception>
    internal bool MoveNext()
    {
        int least = -1;
        for (int i = 0; i < _cursors.Length; i++)
        {
            if (_alive[i] && (least < 0 || _cursors[i].Current.Key < _cursors[least].Current.Key))
                least = i;
        }
        if (least < 0)
            return false;
        IndexEntry entry = _cursors[least].Current;
        (Source, Place, Current) = (least, _cursors[least].Place, entry with { Pack = _parts[least].Map[entry.Pack] });
        _alive[least] = Step(least);
        return true;
    }

    private bool Step(int part)
    {
        while (_parts[part].Segment.MoveNext(_cursors[part]))
        {
            if (_parts[part].Map[_cursors[part].Current.Pack] >= 0)
                return true;
        }
        return false;
    }
}
