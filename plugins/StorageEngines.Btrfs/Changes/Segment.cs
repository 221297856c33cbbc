namespace StorageEngines.Btrfs.Changes;

/// <summary>What the stream says of a range of a file.</summary>
/// <param name="Start">First byte.</param>
/// <param name="End">The byte after the last.</param>
/// <param name="State">What it holds.</param>
internal readonly record struct Segment(long Start, long End, SegmentState State);
