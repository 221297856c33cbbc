namespace StorageEngines.Btrfs.Changes;

/// <summary>What the stream said of one file's bytes.</summary>
/// <param name="mostSegments">The most ranges that are kept.</param>
internal sealed class FileContent(int mostSegments)
{
    /// <summary>The ranges.</summary>
    internal SegmentList Segments { get; } = new(mostSegments);

    /// <summary>The smallest size the file was cut to, or <see cref="long.MaxValue"/>: what was above is gone, and zeroes unless it was written again.</summary>
    internal long CutAt { get; set; } = long.MaxValue;

    /// <summary>The size it was set to last, or -1.</summary>
    internal long SetSize { get; set; } = -1;

    /// <summary>The end of the last range written, from when the size was set.</summary>
    internal long WrittenEnd { get; set; }

    /// <summary>Whether there is anything.</summary>
    internal bool IsEmpty => SetSize < 0 && Segments.Segments.IsEmpty && !Segments.TooMany;

    /// <summary>Forgets everything.</summary>
    internal void Clear()
    {
        Segments.Clear();
        CutAt = long.MaxValue;
        SetSize = -1;
        WrittenEnd = 0;
    }

    /// <summary>A range gets bytes, or is told to have them still.</summary>
    internal void Write(long offset, long length, SegmentState state)
    {
        Segments.Paint(offset, offset + length, state);
        WrittenEnd = Math.Max(WrittenEnd, offset + length);
    }

    /// <summary>A hole is punched, which never changes the size.</summary>
    internal void Punch(long offset, long length) => Segments.Paint(offset, offset + length, SegmentState.Zero);

    /// <summary>The size is set.</summary>
    internal void Truncate(long size)
    {
        Segments.Truncate(size);
        CutAt = Math.Min(CutAt, size);
        SetSize = size;
        WrittenEnd = 0;
    }

    /// <summary>The size in the target.</summary>
    /// <param name="baseSize">The size in the base, or -1 if it is not known.</param>
    /// <returns>The size, or -1 if that is not known either.</returns>
    internal long TargetSize(long baseSize)
    {
        long before = SetSize >= 0 ? SetSize : baseSize;
        return before < 0 ? -1 : Math.Max(before, WrittenEnd);
    }

    /// <summary>Asks which parts of what was written are data, where that was not said.</summary>
    /// <param name="states">Tells it.</param>
    /// <param name="path">The file in the target.</param>
    /// <param name="size">Its size there; what is beyond is not asked about.</param>
    /// <param name="data">Is used for the answers.</param>
    internal void AskStates(IExtentStates states, BytePath path, long size, List<Extent> data)
    {
        long end;
        for (long at = 0; Segments.TryFind(SegmentState.DataOrZero, at, out Segment segment) && segment.Start < size; at = end)
        {
            end = Math.Min(segment.End, size);
            if (!states.TryReadData(path, Extent.FromBounds(segment.Start, end), data))
            {
                continue;
            }

            Segments.Paint(segment.Start, end, SegmentState.Zero);
            foreach (Extent extent in data)
            {
                Segments.Paint(extent.Offset, extent.End, SegmentState.Data);
            }
        }
    }

    /// <summary>Does to this what another one, told of the same file later, says.</summary>
    internal void Apply(FileContent later)
    {
        if (later.SetSize >= 0)
        {
            Segments.Truncate(later.CutAt);
            CutAt = Math.Min(CutAt, later.CutAt);
            (SetSize, WrittenEnd) = (later.SetSize, 0);
        }

        if (later.Segments.TooMany)
        {
            Segments.GiveUp();
        }

        foreach (Segment segment in later.Segments.Segments)
        {
            Segments.Paint(segment.Start, segment.End, segment.State);
        }

        WrittenEnd = Math.Max(WrittenEnd, later.WrittenEnd);
    }

    internal void Save(SpoolWriter writer)
    {
        writer.Number(CutAt == long.MaxValue ? 0 : (ulong)CutAt + 1);
        writer.Number(SetSize < 0 ? 0 : (ulong)SetSize + 1);
        writer.Number((ulong)WrittenEnd);
        writer.Number(Segments.TooMany ? 0 : (ulong)Segments.Segments.Length + 1);
        long end = 0;
        foreach (Segment segment in Segments.Segments)
        {
            writer.Number((ulong)(segment.Start - end));
            writer.Number((ulong)(segment.End - segment.Start));
            writer.Number((ulong)segment.State);
            end = segment.End;
        }
    }

    internal void Load(SpoolReader reader)
    {
        Segments.Clear();
        ulong cut = reader.Number();
        CutAt = cut == 0 ? long.MaxValue : (long)(cut - 1);
        ulong size = reader.Number();
        SetSize = size == 0 ? -1 : (long)(size - 1);
        WrittenEnd = reader.Long();
        ulong count = reader.Number();
        if (count == 0)
        {
            Segments.GiveUp();
            return;
        }

        long end = 0;
        for (; count > 1; count--)
        {
            long start = end + reader.Long();
            end = start + reader.Long();
            Segments.Paint(start, end, (SegmentState)reader.Int());
        }
    }
}
