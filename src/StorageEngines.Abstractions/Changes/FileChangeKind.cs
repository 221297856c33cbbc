namespace StorageEngines;

/// <summary>What happened to a path; several at once are possible.</summary>
/// <remarks>
/// <para>
/// A path is listed at most once. <see cref="Added"/> and <see cref="Renamed"/> say where what is under the path in the target comes from, and exclude one
/// another; with neither of them it is what was there in the base. <see cref="Removed"/> says what became of what was there in the base:
/// </para>
/// <list type="table">
/// <listheader><term>Kind</term><description>Meaning</description></listheader>
/// <item><term>Removed</term><description>The base has the path, the target does not, and no change says that it was renamed.</description></item>
/// <item><term>Added</term><description>The target has the path; the base does not, or what it had there was renamed to another path.</description></item>
/// <item><term>Removed, Added</term><description>Something new has the path, and what the base had there is gone.</description></item>
/// <item><term>Renamed</term><description>What the base had under <see cref="FileChange.OldPath"/>; the base had nothing under the path, or that was renamed as well (two names that change places).</description></item>
/// <item><term>Removed, Renamed</term><description>The same, but what the base had under the path is gone: it was renamed over, whether or not the bytes are the same.</description></item>
/// <item><term>none of the three</term><description>What the base had under the path differs now, as the other kinds say.</description></item>
/// </list>
/// <para>
/// "Gone" is meant of the name: a file of several names may live on under another one, which then has a change of its link count.
/// <see cref="Type"/> is added to "Removed, Added" and to "Removed, Renamed" if what is gone was of another type. <see cref="Content"/>, <see cref="Metadata"/> and
/// <see cref="LinkCount"/> compare with the base's entry under the old path (or the path, if it was not renamed), and do not go with <see cref="Added"/>.
/// </para>
/// <para>
/// An engine that cannot tell a rename says that one path was removed and another one added. A file that was made anew under the path of an old one of the
/// same type may be listed by how it differs from the old one, as if that had been rewritten; if nothing differs, it need not be listed.
/// </para>
/// </remarks>
[Flags]
public enum FileChangeKind
{
    /// <summary>Nothing. Never listed.</summary>
    None = 0,

    /// <summary>What is under the path is new. If it is a directory, everything below it is listed as well.</summary>
    Added = 1,

    /// <summary>What the base had under the path is gone, and was not renamed. If it was a directory, everything that was below it and is gone is listed as well.</summary>
    Removed = 2,

    /// <summary>Bytes or size of a regular file, or the target of a symbolic link.</summary>
    Content = 4,

    /// <summary>Mode, owner, times or extended attributes.</summary>
    Metadata = 8,

    /// <summary>
    /// What is under the path was under <see cref="FileChange.OldPath"/> in the base. The two are the same path if it stayed, although a directory above it was
    /// renamed or replaced.
    /// </summary>
    Renamed = 16,

    /// <summary>The number of the file's names changed.</summary>
    LinkCount = 32,

    /// <summary>Another type is under the path than in the base, or a device of other numbers (together with <see cref="Removed"/>).</summary>
    Type = 64,
}
