namespace StorageEngines.TarRsync.Store.Indexing;

/// <summary>A place in an index segment, with the page that it is on. One segment and one thread at a time.</summary>
internal sealed class IndexCursor
{
    private readonly byte[] _own = new byte[IndexFormat.PageSize];

    /// <summary>The page: one of the segment's, not to be written to, or <see cref="Own"/>.</summary>
    internal byte[] Page { get; set; } = [];

    /// <summary>The cursor's own page, to read into.</summary>
    internal byte[] Own => _own;

    /// <summary>It goes over all pages once, so that none of them need be kept.</summary>
    internal bool IsScan { get; init; }

    /// <summary>The page's number among those with entries; -1 if none is here.</summary>
    internal long Number { get; set; } = -1;

    /// <summary>Entries on the page.</summary>
    internal int Count { get; set; }

    /// <summary>The place on the page.</summary>
    internal int Slot { get; set; } = -1;

    /// <summary>The entry, after <see cref="IndexSegment.MoveNext"/> gave true.</summary>
    internal IndexEntry Current { get; set; }

    /// <summary>The entry's place in the segment.</summary>
    internal long Place => (Number * IndexFormat.EntriesPerPage) + Slot;

    /// <summary>Forgets the page, for use with another segment.</summary>
    internal void Reset() => (Number, Count, Slot) = (-1, 0, -1);
}
