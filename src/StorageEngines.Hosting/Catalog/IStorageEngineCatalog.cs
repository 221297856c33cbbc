namespace StorageEngines.Hosting;

/// <summary>The engines that this host has, built in and from plug-ins, and the way from an address to an open volume.</summary>
/// <remarks>
/// Safe for use by several threads. Plug-ins are looked for on first use and loaded when they are first needed. Disposing the catalogue retires all
/// plug-ins; engines that are still open work on until they are disposed.
/// </remarks>
public interface IStorageEngineCatalog : IAsyncDisposable
{
    /// <summary>Plug-ins that were found and cannot be used, as far as is known by now: a plug-in is loaded when it is first needed.</summary>
    IReadOnlyList<PluginFailure> Failures { get; }

    /// <summary>Lists the engines, by scheme, the highest version first. Loads every plug-in, so that afterwards <see cref="Failures"/> is complete.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The engines that can be opened.</returns>
    ValueTask<IReadOnlyList<EngineDescriptor>> ListAsync(CancellationToken cancellationToken = default);

    /// <summary>Checks the configured settings of every engine.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What is wrong, a sentence each; no value is repeated. Empty if nothing is.</returns>
    ValueTask<IReadOnlyList<string>> CheckConfigurationAsync(CancellationToken cancellationToken = default);

    /// <summary>Opens an engine on this machine.</summary>
    /// <param name="scheme">Its name.</param>
    /// <param name="version">Its version; null for the highest that can be loaded.</param>
    /// <param name="settings">Settings that override the configured ones; null for none.</param>
    /// <returns>The engine; the caller disposes it.</returns>
    /// <exception cref="PluginException">The plug-in cannot be used.</exception>
    /// <exception cref="StorageEngineException">
    /// <see cref="EngineStatus.NotFound"/>: no such engine or version; the message lists what there is. <see cref="EngineStatus.InvalidArgument"/>:
    /// a setting is unknown, missing or a secret given by value; the message names it.
    /// </exception>
    IStorageEngine OpenEngine(string scheme, string? version = null, IReadOnlyDictionary<string, string>? settings = null);

    /// <summary>Opens the engine of an address, which reaches the host that the address names, and looks for no volume.</summary>
    /// <param name="address">The address; its location does not count. Its settings override the configured ones.</param>
    /// <returns>The engine; the caller disposes it.</returns>
    /// <exception cref="ArgumentException">The address names no engine.</exception>
    /// <exception cref="PluginException">The plug-in cannot be used.</exception>
    /// <exception cref="StorageEngineException">As for <see cref="OpenEngine(string, string, IReadOnlyDictionary{string, string})"/>; or the transport is not known.</exception>
    IStorageEngine OpenEngine(VolumeAddress address);

    /// <summary>
    /// Opens the engine of an address and finds the volume. The scheme decides; a plain path is shown to every engine, and the strongest claim wins (of
    /// equal ones, the first by name). The address's settings override the configured ones.
    /// </summary>
    /// <param name="address">The address. A plain path, and a location that begins with <c>./</c> or <c>../</c>, is relative to the current directory.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The volume and its engine; the caller disposes them.</returns>
    /// <exception cref="VolumeNotFoundException">There is no such volume.</exception>
    /// <exception cref="StorageEngineException">As for <see cref="OpenEngine(VolumeAddress)"/>; or no engine claims the path.</exception>
    ValueTask<ResolvedVolume> ResolveAsync(VolumeAddress address, CancellationToken cancellationToken = default);

    /// <summary>Looks for plug-ins again. New and changed ones are opened from now on; changed and removed ones are retired.</summary>
    /// <param name="cancellationToken">Gives up before anything is changed.</param>
    /// <returns>What changed.</returns>
    ValueTask<ReloadResult> ReloadAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Retires one version: it is not opened any more, and is unloaded when its last open engine is disposed. If its folder stays, a reload
    /// brings it back.
    /// </summary>
    /// <param name="scheme">The engine's name.</param>
    /// <param name="version">Its version.</param>
    /// <param name="cancellationToken">Gives up the wait; the version stays retired.</param>
    /// <returns>Ends when it is unloaded.</returns>
    /// <exception cref="StorageEngineException"><see cref="EngineStatus.NotFound"/>: no such plug-in; <see cref="EngineStatus.FailedPrecondition"/>:
    /// it is built in.</exception>
    Task RetireAsync(string scheme, string version, CancellationToken cancellationToken = default);
}
