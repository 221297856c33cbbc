namespace StorageEngines.Btrfs.Changes;

/// <summary>
/// Tells which parts of a file of the target snapshot are holes or preallocated and not written. A stream of version 1 without data does not say so, and one of
/// version 2 not of what is preallocated; SEEK_HOLE or FIEMAP on the target does. Called from one thread at a time, once for each range that the stream
/// tells as changed, in ascending order within a file.
/// </summary>
internal interface IExtentStates
{
    /// <summary>The data in a range of a regular file; what is not listed reads as zeroes.</summary>
    /// <param name="path">The file, in the target snapshot.</param>
    /// <param name="range">The range, in bytes, inside the file.</param>
    /// <param name="data">Is given the data, ascending, disjoint and inside the range. Emptied first.</param>
    /// <returns>False if it cannot be told (the file system does not say): the whole range then counts as data.</returns>
    bool TryReadData(BytePath path, Extent range, List<Extent> data);
}
