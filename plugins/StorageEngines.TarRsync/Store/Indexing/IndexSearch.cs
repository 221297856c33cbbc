namespace StorageEngines.TarRsync.Store.Indexing;

/// <summary>How far a search for one key is. One thread at a time; can be used again after <see cref="Begin"/>.</summary>
internal sealed class IndexSearch
{
    /// <summary>The place in the table in memory.</summary>
    internal int Slot = -1;

    /// <summary>The segment; -1 for the table in memory.</summary>
    internal int Part { get; private set; } = -1;

    /// <summary>The cursor stands before the key.</summary>
    internal bool IsPlaced { get; set; }

    /// <summary>The place in the segment.</summary>
    internal IndexCursor Cursor { get; } = new();

    /// <summary>Begins anew.</summary>
    internal IndexSearch Begin()
    {
        (Slot, Part, IsPlaced) = (-1, -1, false);
        Cursor.Reset();
        return this;
    }

    /// <summary>Goes to the next segment.</summary>
    internal void NextPart()
    {
        Part++;
        IsPlaced = false;
        Cursor.Reset();
    }
}
