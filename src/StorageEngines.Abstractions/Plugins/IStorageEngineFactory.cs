namespace StorageEngines;

/// <summary>The entry of a plug-in.</summary>
/// <remarks>Made once per load; safe for use by several threads.</remarks>
public interface IStorageEngineFactory
{
    /// <summary>The engine's name and the scheme of its volumes' addresses: lower-case letters, digits and <c>-</c>.</summary>
    string Scheme { get; }

    /// <summary>The settings that the engine understands, for validation and help. Default: none.</summary>
    IReadOnlyList<EngineSetting> Settings => [];

    /// <summary>Makes an engine. It does no I/O; that begins with the engine's first call.</summary>
    /// <param name="context">The seams and settings.</param>
    /// <returns>An engine that the caller disposes.</returns>
    /// <exception cref="ArgumentException">A setting is missing or wrong; the message names it.</exception>
    IStorageEngine Create(EngineContext context);

    /// <summary>Says whether a plain path, given without a scheme, is one of this engine's volumes. Cheap; opens nothing but the path itself.</summary>
    /// <param name="path">An absolute path on <paramref name="context"/>'s host.</param>
    /// <param name="context">The seams and settings.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>How strong the claim is. Default: <see cref="VolumeClaim.None"/>.</returns>
    ValueTask<VolumeClaim> ClaimAsync(BytePath path, EngineContext context, CancellationToken cancellationToken = default) => new(VolumeClaim.None);
}
