-- The second wall (0016) around hand claims and notices: one's own and one's people's, and the region's for staff.

SELECT put_behind_the_wall('claim', 'region LIKE (SELECT asking_region()) OR ' || wall_by_person('person_id'));
SELECT put_behind_the_wall('notice', wall_by_person('person_id'));
SELECT put_behind_the_wall('claim_history', 'EXISTS (SELECT FROM claim WHERE claim.id = claim_id)');
SELECT put_behind_the_wall('claim_clock', 'EXISTS (SELECT FROM claim WHERE claim.id = claim_id)');
SELECT put_behind_the_wall('claim_return', 'EXISTS (SELECT FROM claim WHERE claim.id = claim_id)');
SELECT put_behind_the_wall('claim_proposal', 'EXISTS (SELECT FROM claim WHERE claim.id = claim_id)');
SELECT put_behind_the_wall('claim_field_check', 'EXISTS (SELECT FROM claim WHERE claim.id = claim_id)');
SELECT put_behind_the_wall('claim_appeal', 'EXISTS (SELECT FROM claim WHERE claim.id = claim_id)');
ALTER FUNCTION claim_goes_known_ways() SECURITY DEFINER SET search_path = public, pg_temp;
