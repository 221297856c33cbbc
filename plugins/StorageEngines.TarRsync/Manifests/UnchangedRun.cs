namespace StorageEngines.TarRsync.Manifests;

/// <summary>
/// Entries that follow one another in a frame of an older manifest and are unchanged: the first one is encoded anew, because what comes before it may be
/// another entry now; the bytes of all others are copied.
/// </summary>
internal sealed class UnchangedRun
{
    private readonly ReadOnlyMemory<byte> _walked;
    private readonly RecordDecoder _decoder;
    private readonly int _recordsStart;
    private readonly int _contentsStart;
    private readonly int _statusesStart;
    private int _recordsEnd;
    private int _contentsEnd;
    private int _statusesEnd;
    private int _lastPath;

    /// <summary>Begins with the decoder's current entry.</summary>
    /// <param name="decoder">At the entry.</param>
    /// <param name="walked">What the walk found, as <see cref="EntryStatus"/> has it; stays as it is.</param>
    /// <param name="path">Where the entry's path begins in that.</param>
    internal UnchangedRun(RecordDecoder decoder, ReadOnlyMemory<byte> walked, int path)
    {
        (_decoder, _walked, _lastPath, Frame) = (decoder, walked, path, decoder.Frame);
        First = decoder.Current;
        First.Path = walked.Slice(path, First.Path.Length);
        _recordsStart = _recordsEnd = decoder.RecordEnd;
        _contentsStart = _contentsEnd = decoder.ContentEnd;
        _statusesStart = _statusesEnd = path + First.Path.Length;
    }

    /// <summary>The first entry.</summary>
    internal ManifestEntry First;

    /// <summary>How many entries are behind the first one.</summary>
    internal int More { get; private set; }

    /// <summary>The records of those.</summary>
    internal ReadOnlySpan<byte> Records => Frame.AsSpan(_recordsStart, _recordsEnd - _recordsStart);

    /// <summary>Their contents.</summary>
    internal ReadOnlySpan<byte> Contents => Frame.AsSpan(_contentsStart, _contentsEnd - _contentsStart);

    /// <summary>Their paths and statuses, as <see cref="EntryStatus"/> has them.</summary>
    internal ReadOnlySpan<byte> Statuses => _walked.Span[_statusesStart.._statusesEnd];

    /// <summary>What the record behind the run refers to, if there are <see cref="More"/>.</summary>
    internal RecordBase Last { get; private set; }

    /// <summary>The path of the last entry.</summary>
    internal ReadOnlySpan<byte> LastPath => _walked.Span[_lastPath.._statusesEnd];

    /// <summary>Regular files behind the first entry.</summary>
    internal long Files { get; private set; }

    /// <summary>The sum of their sizes.</summary>
    internal long FileBytes { get; private set; }

    /// <summary>The sizes of files of the run, the first one included, that are counted under another name.</summary>
    internal long CountedBytes { get; set; }

    private byte[] Frame { get; }

    /// <summary>Goes on with the decoder's current entry, which follows the last one in the frame and in the walk.</summary>
    /// <param name="path">Where its path begins in what the walk found.</param>
    internal void Extend(int path)
    {
        ref readonly ManifestEntry entry = ref _decoder.Current;
        Last = new RecordBase(in entry);
        (_recordsEnd, _contentsEnd) = (_decoder.RecordEnd, _decoder.ContentEnd);
        (_lastPath, _statusesEnd) = (path, path + entry.Path.Length);
        More++;
        if (entry.Type == TreeEntryType.File)
        {
            Files++;
            FileBytes += entry.Size;
        }
    }
}
