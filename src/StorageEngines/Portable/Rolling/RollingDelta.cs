using StorageEngines.Portable.Rolling;

namespace StorageEngines;

/// <summary>
/// The difference of two files of which large parts moved: rsync's algorithm, in the delta format of librsync, so that <c>rdiff patch</c> applies it and
/// <see cref="PatchAsync(BytePath, Stream, BytePath, RollingPatchOptions, CancellationToken)"/> applies what <c>rdiff delta</c> made.
/// </summary>
/// <remarks>
/// Stateless; safe for use by several threads. Memory: some 30 MiB, and an index of the base only if much was not found near where it was: 5 MiB for a base of 1 GiB,
/// 34 MiB for 64 GiB, at most 170 MiB.
/// </remarks>
public static class RollingDelta
{
    /// <summary>
    /// Writes the difference of two files. Bytes are copied only where base and target were compared byte by byte; then the delta is read back and proven to
    /// make the target of the base.
    /// </summary>
    /// <param name="baseFile">The base: a file or block device; links are followed.</param>
    /// <param name="targetFile">The target, likewise.</param>
    /// <param name="output">Where to write; not closed. What was written is whole only if the call returns.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>What was written.</returns>
    /// <exception cref="StorageEngineException">A file cannot be read, or was changed while it was (ChangedWhileRead).</exception>
    /// <remarks>Implements: pread(2).</remarks>
    public static async Task<RollingDeltaSummary> CreateAsync(
        BytePath baseFile, BytePath targetFile, Stream output, RollingDeltaOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(options);
        using FileByteSource source = FileByteSource.Open(baseFile);
        using FileByteSource target = FileByteSource.Open(targetFile);
        return await new DeltaBuilder(source, target, output, options).RunAsync(null, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes the difference of what two streams hold, like the other overload.</summary>
    /// <param name="baseContent">The base; it can be sought and is not closed.</param>
    /// <param name="target">The target, likewise.</param>
    /// <param name="output">Where to write; not closed. What was written is whole only if the call returns.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>What was written.</returns>
    /// <exception cref="ArgumentException">A stream cannot be sought.</exception>
    /// <exception cref="StorageEngineException">A stream was changed while it was read (ChangedWhileRead).</exception>
    public static async Task<RollingDeltaSummary> CreateAsync(
        Stream baseContent, Stream target, Stream output, RollingDeltaOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(options);
        using StreamByteSource from = StreamByteSource.Borrow(baseContent, "base");
        using StreamByteSource to = StreamByteSource.Borrow(target, "target");
        return await new DeltaBuilder(from, to, output, options).RunAsync(null, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Makes a new file of a base and a delta. It appears when it is whole and, if the delta says what it should be, proven.</summary>
    /// <param name="baseFile">The base: a file or block device; links are followed.</param>
    /// <param name="delta">A delta of this library or of <c>rdiff</c>; read once, from front to back.</param>
    /// <param name="newFile">The new file (mode 0600); zeroes become holes.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Ends it; nothing remains.</param>
    /// <returns>What was made.</returns>
    /// <exception cref="BaseMismatchException">The base is another one; nothing was written.</exception>
    /// <exception cref="CorruptDataException">The delta is damaged or cut short; nothing was written.</exception>
    /// <exception cref="StorageEngineException">The new file is there already, or cannot be written.</exception>
    /// <remarks>Implements: pread(2), pwrite(2), openat(2) O_TMPFILE, linkat(2).</remarks>
    public static async Task<RollingPatchSummary> PatchAsync(
        BytePath baseFile, Stream delta, BytePath newFile, RollingPatchOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(delta);
        ArgumentNullException.ThrowIfNull(options);
        using FileByteSource source = FileByteSource.Open(baseFile);
        return await Task.Run(() => PatchedFile.Make(source, delta, newFile, options, cancellationToken), CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Makes the result of a base and a delta in a stream. What was written is right only if the call returns.</summary>
    /// <param name="baseContent">The base; it can be sought and is not closed.</param>
    /// <param name="delta">A delta of this library or of <c>rdiff</c>; read once, from front to back.</param>
    /// <param name="output">Where to write; not closed.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>What was made.</returns>
    /// <exception cref="ArgumentException">The base cannot be sought.</exception>
    /// <exception cref="BaseMismatchException">The base is another one.</exception>
    /// <exception cref="CorruptDataException">The delta is damaged or cut short.</exception>
    public static async Task<RollingPatchSummary> PatchAsync(Stream baseContent, Stream delta, Stream output, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(delta);
        ArgumentNullException.ThrowIfNull(output);
        using StreamByteSource source = StreamByteSource.Borrow(baseContent, "base");
        return await Task.Run(() => new DeltaApplier(source, delta, null).Run((_, bytes) => output.Write(bytes), cancellationToken), CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>
    /// Writes the difference of two snapshots of a block volume, or of one file of a tree volume. What the engine knows to be unchanged is copied without being
    /// read, and then the delta does not tell the result's checksum; without such knowledge both snapshots are read, and it does.
    /// </summary>
    /// <param name="engine">Their engine.</param>
    /// <param name="baseSnapshot">The base; its data has to be there.</param>
    /// <param name="target">The target.</param>
    /// <param name="options">Which file.</param>
    /// <param name="output">Where to write; not closed. What was written is whole only if the call returns.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>What was written.</returns>
    /// <exception cref="CapabilityNotSupportedException">The engine cannot read snapshots.</exception>
    /// <exception cref="LineageBrokenException">The snapshots are unrelated, or the base is the newer one.</exception>
    /// <exception cref="SnapshotNotFoundException">A snapshot, or its data, is not there.</exception>
    public static Task<DifferentialSummary> ExportAsync(
        IStorageEngine engine, SnapshotInfo baseSnapshot, SnapshotInfo target, RollingExportOptions options, Stream output, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(baseSnapshot);
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(output);
        return new SnapshotDelta(engine, baseSnapshot, target, options).WriteAsync(output, cancellationToken);
    }

    /// <summary>
    /// Applies a delta to a restored image file. The result is made beside it, which needs its space, and takes its place in one step when it is whole and the
    /// base is proven: by the result's checksum where the delta tells it, else by what earlier restores and applies wrote down.
    /// </summary>
    /// <param name="input">The delta; read once, from front to back.</param>
    /// <param name="target">The image file, not a link. It gets another inode; further hard links to it keep the base.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Ends it; the target is then as it was.</param>
    /// <returns>What was applied.</returns>
    /// <exception cref="BaseMismatchException">The target is not known to be the base; nothing was written.</exception>
    /// <exception cref="CorruptDataException">The delta is damaged or cut short; nothing was written.</exception>
    /// <exception cref="StorageEngineException">The target is missing, a device, in use, or cannot be replaced.</exception>
    /// <remarks>Implements: pread(2), pwrite(2), openat(2) O_TMPFILE, linkat(2), renameat2(2).</remarks>
    public static Task<DifferentialSummary> ApplyAsync(Stream input, BytePath target, ApplyOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(options);
        return Task.Run(() => new RollingApplier(input, target, options).Run(cancellationToken), CancellationToken.None);
    }
}
