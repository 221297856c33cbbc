namespace StorageEngines.Btrfs.Changes;

/// <summary>Gathers what a stream says of one file after the other. Not thread-safe.</summary>
/// <param name="mostSegments">The most ranges of a file that are kept.</param>
internal abstract class FileCommands(int mostSegments) : StreamCommands
{
    /// <summary>What was said of the file's bytes so far.</summary>
    protected FileContent File { get; } = new(mostSegments);

    /// <summary>The file that the stream speaks of; -1 if there is none.</summary>
    protected int Current { get; set; } = -1;

    /// <inheritdoc/>
    protected override void Write(int entry, long offset, long length, SegmentState state)
    {
        Turn(entry);
        File.Write(offset, length, state);
    }

    /// <inheritdoc/>
    protected override void Punch(int entry, long offset, long length)
    {
        Turn(entry);
        File.Punch(offset, length);
    }

    /// <inheritdoc/>
    protected override void Truncate(int entry, long size)
    {
        Turn(entry);
        File.Truncate(size);
    }

    /// <inheritdoc/>
    protected override void Set(int entry, ObjectFlags what)
    {
        int file = Tree.Names[entry].Now;
        if (!Tree.Objects[file].Is(ObjectFlags.Directory))
        {
            Turn(entry);
        }

        Tree.Objects[file].Flags |= what;
    }

    /// <summary>The stream is done with the file, if there is one: forgets it.</summary>
    protected virtual void Flush()
    {
        File.Clear();
        Current = -1;
    }

    // The stream goes on to another file: what it said of the last one is put away.
    private void Turn(int entry)
    {
        int file = Tree.Names[entry].Now;
        if (file != Current)
        {
            Flush();
            Current = file;
        }
    }
}
